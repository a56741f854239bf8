/**
 * The phi accrual failure detector (Hayashibara, Défago, Yared and Katayama, 2004): it learns how regularly each
 * peer's heartbeats come, and suspects a peer when its silence has become too surprising. Phi 8 is a surprise of one
 * in a hundred million, if intervals are what they were.
 *
 * Promises: a peer that falls silent is suspected, for good, within a time that its own regularity decides; whoever
 * is heard of is trusted again at once. A silence is found too long in two looks, between which what waits in sockets
 * is read; and who was itself late accuses nobody of that time: a process that was paused, or whose event loop was
 * busy, gives every peer that time again, and one more heartbeat's.
 *
 * Does not promise that who is suspected is dead, nor that two detectors agree. Nothing that must be done by one at a
 * time may depend on it.
 */
import { assert, unreachable } from '../../core/assert.ts'
import { formatNodeId, type NodeId } from '../../core/ids.ts'
import type { Core } from '../../core/sans-io.ts'
import { addMs, type Instant, msBetween, NEVER } from '../../core/time.ts'
import { IntervalWindow } from './interval-window.ts'
import { PEERS_MAX, SECOND_LOOK_MS } from './limits.ts'
import { phiOf, silenceUntil } from './phi.ts'

export type DetectorInput =
  /** From now on this peer is to be heard of. */
  | { readonly kind: 'watch'; readonly peer: NodeId }
  | { readonly kind: 'forget'; readonly peer: NodeId }
  /** A heartbeat, or anything else that only a living peer sends. */
  | { readonly kind: 'heard'; readonly peer: NodeId }
  | { readonly kind: 'deadline' }

export type DetectorEffect =
  | { readonly kind: 'suspected'; readonly peer: NodeId }
  | { readonly kind: 'trusted'; readonly peer: NodeId }

export interface DetectorOptions {
  /** How often peers send heartbeats. */
  readonly heartbeatMs: number
  /** The phi at which a peer is suspected. */
  readonly threshold: number
  /** Intervals are never taken for more regular than this: a quiet hour must not make one late packet a death. */
  readonly deviationMinMs: number
  /** Woken so much later than it asked for, this process was away: a pause, a busy event loop. */
  readonly stallMs: number
}

interface Peer {
  readonly intervals: IntervalWindow
  /** When it was heard of; later by as much as this process was away since. */
  heardAt: Instant
  /** When to look at it again. */
  lookAt: Instant
  /** The last look found the silence too long. */
  isDue: boolean
  isSuspected: boolean
}

export class AccrualDetector implements Core<DetectorInput, DetectorEffect> {
  readonly #options: DetectorOptions
  readonly #peers = new Map<NodeId, Peer>()
  /** When it asked to be woken; what is later than that is its own fault. */
  #wakeAt = NEVER

  constructor(options: DetectorOptions) {
    assert(options.threshold > 0 && options.deviationMinMs > 0, 'no silence at all is no reason to suspect')
    this.#options = options
  }

  step(now: Instant, inputs: readonly DetectorInput[], out: DetectorEffect[]): void {
    this.#excuse(now)
    // Heartbeats that waited in a socket while this process was busy are read before anybody is judged.
    for (const input of inputs) this.#take(now, input, out)
    for (const [id, peer] of this.#peers) if (now >= peer.lookAt) this.#look(now, id, peer, out)
    this.#wakeAt = this.#next()
  }

  deadline(): Instant {
    return this.#wakeAt
  }

  /** How surprising the silence of a peer is; 0 of one that is not watched. */
  phi(peer: NodeId, now: Instant): number {
    const known = this.#peers.get(peer)
    if (known === undefined) return 0
    const { intervals, heardAt } = known
    return phiOf(msBetween(heardAt, now), intervals.meanMs, this.#deviation(intervals))
  }

  check(): void {
    assert(this.#peers.size <= PEERS_MAX, 'no more peers are watched than there is room for')
    for (const peer of this.#peers.values()) {
      assert(peer.isSuspected === (peer.lookAt === NEVER), 'who is not suspected is looked at again')
      assert(this.#wakeAt <= peer.lookAt, 'it wakes in time for everybody')
    }
  }

  describe(): string {
    const suspects = [...this.#peers]
      .filter(([, { isSuspected }]) => isSuspected)
      .map(([id]) => formatNodeId(id))
    return `watches ${this.#peers.size}, suspects ${suspects.join(' ') || '-'}`
  }

  #take(now: Instant, input: DetectorInput, out: DetectorEffect[]): void {
    switch (input.kind) {
      case 'watch':
        return this.#watch(now, input.peer)
      case 'forget':
        this.#peers.delete(input.peer)
        return
      case 'heard':
        return this.#hear(now, input.peer, out)
      case 'deadline':
        return
      default:
        unreachable(input)
    }
  }

  #watch(now: Instant, id: NodeId): void {
    if (this.#peers.has(id)) return
    assert(this.#peers.size < PEERS_MAX, 'no more peers are watched than there is room for')
    const intervals = new IntervalWindow(this.#options.heartbeatMs)
    const peer: Peer = { intervals, heardAt: now, lookAt: NEVER, isDue: false, isSuspected: false }
    this.#peers.set(id, peer)
    this.#expect(peer)
  }

  #hear(now: Instant, id: NodeId, out: DetectorEffect[]): void {
    const peer = this.#peers.get(id)
    if (peer === undefined) return
    if (peer.isSuspected) {
      // It was away: that says nothing about how regularly it sends.
      peer.isSuspected = false
      out.push({ kind: 'trusted', peer: id })
    } else peer.intervals.add(Math.max(0, msBetween(peer.heardAt, now)))
    peer.heardAt = now
    this.#expect(peer)
  }

  /** After a time in which it could hear nobody, everybody has that time again, and one more heartbeat's. */
  #excuse(now: Instant): void {
    const lateMs = msBetween(this.#wakeAt, now)
    if (!(lateMs > this.#options.stallMs)) return
    const graceMs = lateMs + this.#options.heartbeatMs
    for (const peer of this.#peers.values()) {
      if (peer.isSuspected) continue
      peer.heardAt = Math.min(now, addMs(peer.heardAt, graceMs)) as Instant
      peer.lookAt = addMs(peer.lookAt, graceMs)
      peer.isDue = false
    }
  }

  /** The first look that finds the silence too long is not believed: a timer runs before the sockets are read. */
  #look(now: Instant, id: NodeId, peer: Peer, out: DetectorEffect[]): void {
    if (!peer.isDue) {
      peer.isDue = true
      peer.lookAt = addMs(now, SECOND_LOOK_MS)
      return
    }
    peer.isSuspected = true
    peer.lookAt = NEVER
    out.push({ kind: 'suspected', peer: id })
  }

  #expect(peer: Peer): void {
    const { intervals } = peer
    const silenceMs = silenceUntil(this.#options.threshold, intervals.meanMs, this.#deviation(intervals))
    peer.lookAt = addMs(peer.heardAt, silenceMs)
    peer.isDue = false
  }

  #deviation(intervals: IntervalWindow): number {
    return Math.max(intervals.deviationMs, this.#options.deviationMinMs)
  }

  #next(): Instant {
    let next = NEVER
    for (const { lookAt } of this.#peers.values()) if (lookAt < next) next = lookAt
    return next
  }
}

/**
 * Another node: three lanes that we dial, and up to three that it dials.
 *
 * A process that dies breaks all of its connections, one after the other, within a millisecond or so. Only
 * the first is reported: every connection remembers how many losses there had been when it came up, and
 * reports its own only if there has been none since.
 */
import type { ByteWriter } from '../../core/bytes.ts'
import type { Histogram } from '../../core/histogram.ts'
import type { GroupId, NodeId } from '../../core/ids.ts'
import { probe } from '../../core/seams.ts'
import type { Instant } from '../../core/time.ts'
import type { Address } from '../../runtime/network.ts'
import { FRAME_KIND, type PeerLane } from '../../wire/frame/index.ts'
import type { Incoming } from './accept.ts'
import type { PeerContext } from './context.ts'
import { isSameAddress, type LaneHost, OutgoingLane } from './lane.ts'
import { RoundTrips } from './round-trips.ts'

export const LANES: readonly PeerLane[] = ['prompt', 'data', 'bulk']

/** What is counted of the way to a peer, since this node knows of it. */
export interface PeerMeasures {
  readonly id: NodeId
  /** Whether messages to it have a way. */
  readonly isUp: boolean
  /** How often its process, or the way to it, seemed to be lost. */
  readonly losses: number
  /** Messages that had no way or no room. */
  readonly droppedMessages: number
  /** In seconds. */
  readonly roundTripTimes: Histogram
}

export class Peer implements LaneHost {
  readonly id: NodeId
  readonly #context: PeerContext
  readonly #outgoing: Readonly<Record<PeerLane, OutgoingLane>>
  readonly #lossesBefore: Record<PeerLane, number> = { prompt: 0, data: 0, bulk: 0 }
  readonly #incoming = new Map<PeerLane, Incoming>()
  #known: readonly Address[]
  /** Where it said that it is, when it last called. */
  #told: Address | undefined
  #version: number | undefined
  #losses = 0
  #upSince: Instant | undefined
  #bulkCongested = false
  #dropped = 0
  readonly #roundTrips: RoundTrips

  constructor(context: PeerContext, id: NodeId, addresses: readonly Address[]) {
    this.id = id
    this.#context = context
    this.#known = addresses
    this.#roundTrips = new RoundTrips(context.runtime.clock)
    const outgoing = (lane: PeerLane): OutgoingLane => new OutgoingLane(context, id, lane, this)
    this.#outgoing = { prompt: outgoing('prompt'), data: outgoing('data'), bulk: outgoing('bulk') }
  }

  /** Since when messages to it have had a way; undefined if they have none. */
  get upSince(): Instant | undefined {
    return this.#upSince
  }

  /** The latest version that it speaks, as it told when it last called; undefined if it never did. */
  get version(): number | undefined {
    return this.#version
  }

  get measures(): PeerMeasures {
    return {
      id: this.id,
      isUp: this.#upSince !== undefined,
      losses: this.#losses,
      droppedMessages: this.#dropped,
      roundTripTimes: this.#roundTrips.times,
    }
  }

  /** Dials what is not connected. Waiting for longer is pointless when the peer itself has just called. */
  dial(): void {
    for (const lane of LANES) this.#outgoing[lane].dial()
  }

  /**
   * Those that it is known by, and the one that it told: who was away while it moved knows only its former ones, and
   * cannot be told otherwise by anybody as long as its own answers go there.
   */
  get addresses(): readonly Address[] {
    const told = this.#told
    if (told === undefined || this.#known.some(known => isSameAddress(known, told))) return this.#known
    return [...this.#known, told]
  }

  move(addresses: readonly Address[]): void {
    this.#known = addresses
    for (const lane of LANES) this.#outgoing[lane].moved()
    if (!this.#outgoing.prompt.isUp || !this.#outgoing.data.isUp) this.#upSince = undefined
    if (!this.#outgoing.bulk.isUp) this.#bulkRoom()
  }

  /** Bytes that wait in a lane. */
  waitingBytes(lane: PeerLane): number {
    return this.#outgoing[lane].waitingBytes()
  }

  send(lane: PeerLane, group: GroupId, encode: (to: ByteWriter) => void): void {
    if (this.#outgoing[lane].send(FRAME_KIND.message, group, encode) === 'dropped') this.#dropped++
  }

  /** False: stop until `bulkReady`. */
  sendSnapshot(group: GroupId, encode: (to: ByteWriter) => void): boolean {
    const sent = this.#outgoing.bulk.send(FRAME_KIND.snapshot, group, encode)
    if (sent === 'dropped') this.#dropped++
    if (sent === 'congested') this.#bulkCongested = true
    return !this.#bulkCongested
  }

  /** Takes over a connection that the peer dialled. An older one of the same lane is one that it lost. */
  greeted(incoming: Incoming, lane: PeerLane, address: Address, version: number): void {
    this.#version = version
    this.#told = address.port === 0 ? undefined : address
    const older = this.#incoming.get(lane)
    this.#incoming.set(lane, incoming)
    if (older !== undefined) {
      probe('peers: a connection took the place of an older one')
      older.abandon()
      this.#lost(lane, older.lossesBefore)
    }
    incoming.lossesBefore = this.#losses
    this.dial()
  }

  incomingClosed(incoming: Incoming, lane: PeerLane): void {
    if (this.#incoming.get(lane) !== incoming) return
    this.#incoming.delete(lane)
    this.#lost(lane, incoming.lossesBefore)
  }

  resumeBulk(): void {
    this.#incoming.get('bulk')?.resume()
  }

  sweep(silentSweepsMax: number): void {
    if (this.#outgoing.prompt.isUp) this.#roundTrips.sweep(number => this.#outgoing.prompt.ping(number))
    for (const lane of LANES) {
      this.#outgoing[lane].sweep(silentSweepsMax)
      this.#incoming.get(lane)?.sweep(silentSweepsMax)
    }
  }

  stop(): void {
    for (const lane of LANES) {
      this.#outgoing[lane].stop()
      this.#incoming.get(lane)?.abandon()
    }
    this.#incoming.clear()
    this.#upSince = undefined
  }

  // --- What our lanes report ---

  laneUp(lane: PeerLane): void {
    this.#lossesBefore[lane] = this.#losses
    if (lane === 'prompt') this.#roundTrips.begin()
    const isUp = this.#outgoing.prompt.isUp && this.#outgoing.data.isUp
    if (!isUp || this.#upSince !== undefined) return
    this.#upSince = this.#context.runtime.clock.now()
    this.#context.runtime.log.info('peer: connected', { peer: this.id })
    this.#context.handlers.linkUp(this.id)
  }

  laneLost(lane: PeerLane): void {
    if (lane === 'bulk') this.#bulkRoom()
    else this.#upSince = undefined
    this.#lost(lane, this.#lossesBefore[lane])
  }

  laneDrained(lane: PeerLane): void {
    if (lane === 'bulk') this.#bulkRoom()
  }

  laneEchoed(number: number): void {
    this.#roundTrips.echoed(number)
  }

  #bulkRoom(): void {
    if (!this.#bulkCongested) return
    this.#bulkCongested = false
    this.#context.handlers.bulkReady(this.id)
  }

  #lost(lane: PeerLane, lossesBefore: number): void {
    if (lane === 'bulk' || lossesBefore < this.#losses) return
    this.#losses++
    this.#context.runtime.log.info('peer: connection lost', { peer: this.id, lane })
    this.#context.handlers.linkLost(this.id)
  }
}

/**
 * Linearizable reads without log entries (thesis §6.4). The leader notes its commit index and begins a
 * *round*: it asks a quorum whether it is still the leader. The round's number travels in heartbeats and
 * returns in their responses, so that an answer to an earlier round, however late or often it comes, confirms
 * only reads that arrived before that round began.
 */
import type { Index, NodeId, ReadId } from '../../core/ids.ts'
import { bug } from '../../core/seams.ts'
import { type Instant, NEVER } from '../../core/time.ts'
import type { ReplicaLimits } from './limits.ts'
import type { RequestId } from './request.ts'

/** A read at the leader: the group's own, or one that a follower forwarded. */
export type PendingRead =
  | { readonly kind: 'local'; readonly ids: readonly ReadId[] }
  | { readonly kind: 'forwarded'; readonly from: NodeId; readonly request: RequestId }

export interface ReadRound {
  readonly round: number
  readonly index: Index
  readonly reads: readonly PendingRead[]
}

/** The leader's side. */
export class ReadRounds {
  readonly #limits: ReplicaLimits
  #waiting: PendingRead[] = []
  readonly #begun: ReadRound[] = []
  #newest = 0

  constructor(limits: ReplicaLimits) {
    this.#limits = limits
  }

  /** The newest round that was begun; zero if none was. */
  get newest(): number {
    return this.#newest
  }

  /** Whether a round awaits confirmation. */
  get underway(): boolean {
    return this.#begun.length > 0
  }

  /** The round that has awaited confirmation for longest. */
  get oldest(): ReadRound | undefined {
    return this.#begun[0]
  }

  get size(): number {
    return this.#waiting.length + this.#begun.length
  }

  /** False if too many wait already. */
  add(read: PendingRead): boolean {
    if (this.#waiting.length >= this.#limits.heldReadsMax) return false
    this.#waiting.push(read)
    return true
  }

  /** Begins one round for everything that waits; true if it did. */
  begin(commit: Index): boolean {
    if (this.#waiting.length === 0 || this.#begun.length >= this.#limits.readRoundsMax) return false
    this.#begun.push({ round: ++this.#newest, index: commit, reads: this.#waiting })
    this.#waiting = []
    return true
  }

  /** A quorum has acknowledged `round`, and with it every round before. */
  confirm(round: number): ReadRound[] {
    let count = 0
    while (count < this.#begun.length && this.#begun[count]!.round <= round) count++
    return this.#begun.splice(0, count)
  }

  /** Nobody will confirm anything any more. */
  abandon(): PendingRead[] {
    const reads = this.#begun.flatMap(round => round.reads).concat(this.#waiting)
    this.#begun.length = 0
    this.#waiting = []
    return reads
  }
}

/** The follower's side: reads which it asked the leader about. */
export class ForwardedReads {
  readonly #underway = new Map<number, { readonly ids: readonly ReadId[]; readonly giveUpAt: Instant }>()
  #sequence = 0

  get size(): number {
    return this.#underway.size
  }

  /** Returns the request's sequence number, never used before. */
  begin(ids: readonly ReadId[], giveUpAt: Instant): number {
    if (this.#underway.size === 0 && bug('read-id-reused')) this.#sequence = 0
    const sequence = ++this.#sequence
    this.#underway.set(sequence, { ids, giveUpAt })
    return sequence
  }

  /** The leader has answered; returns what it was asked for, or nothing if that was settled before. */
  answered(sequence: number): readonly ReadId[] {
    const ids = this.#underway.get(sequence)?.ids ?? []
    this.#underway.delete(sequence)
    return ids
  }

  expired(now: Instant): ReadId[] {
    const ids: ReadId[] = []
    for (const [sequence, request] of this.#underway) {
      if (request.giveUpAt > now) break
      ids.push(...request.ids)
      this.#underway.delete(sequence)
    }
    return ids
  }

  abandon(): ReadId[] {
    const ids = [...this.#underway.values()].flatMap(request => request.ids)
    this.#underway.clear()
    return ids
  }

  deadline(): Instant {
    for (const { giveUpAt } of this.#underway.values()) return giveUpAt
    return NEVER
  }
}

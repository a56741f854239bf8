/**
 * What the leader knows about one follower, and how it sends to it (after etcd-io/raft's tracker):
 *
 * - `probe`: the leader does not know where the logs agree; one append at a time, until one is accepted.
 * - `replicate`: appends are pipelined, optimistically, up to the limits of the in-flight window.
 * - `snapshot`: the follower needs what the log no longer holds; nothing but the offer is sent.
 */
import { assert } from '../../core/assert.ts'
import type { Index } from '../../core/ids.ts'
import type { LogBase } from '../../core/log-update.ts'
import type { Instant } from '../../core/time.ts'
import { InflightWindow } from '../replica/inflight-window.ts'
import type { RaftLimits } from './limits.ts'

export type ProgressState = 'probe' | 'replicate' | 'snapshot'

export class Progress {
  #state: ProgressState = 'probe'
  #match = 0 as Index
  #next: Index
  /** The one append of a probe is under way. */
  #probing = false
  #offered: LogBase | undefined
  #matchAtHeartbeat = -1
  readonly #inflight: InflightWindow
  #incarnation = 0
  #epoch = 0
  /** When the follower was last heard of (check-quorum). */
  heardAt: Instant
  /** The newest read round that it acknowledged. */
  round = 0
  /** The highest commit index that was sent to it and covers what it has. */
  commitSent = 0 as Index
  #commitAwaited = 0 as Index

  constructor(next: Index, now: Instant, limits: RaftLimits) {
    this.#next = next
    this.heardAt = now
    this.#inflight = new InflightWindow(limits)
  }

  get state(): ProgressState {
    return this.#state
  }

  /** The follower durably holds everything up to here. */
  get match(): Index {
    return this.#match
  }

  /** What is sent next. */
  get next(): Index {
    return this.#next
  }

  /** Where the snapshot begins that the follower was offered; the same until it has answered. */
  get offered(): LogBase | undefined {
    return this.#offered
  }

  /** Appends on their way. */
  get inflightCount(): number {
    return this.#inflight.count
  }

  get probing(): boolean {
    return this.#probing
  }

  /** The follower answers callers of its own once it knows that everything up to `index` is committed. */
  awaitCommit(index: Index): void {
    if (index > this.#commitAwaited) this.#commitAwaited = index
  }

  /** Whether somebody waits for what the follower has not been told to be committed. */
  get awaitsCommit(): boolean {
    return this.#commitAwaited > this.commitSent
  }

  get maySend(): boolean {
    if (this.#state === 'probe') return !this.#probing
    return this.#state === 'replicate' && !this.#inflight.full
  }

  sent(lastIndex: Index, bytes: number): void {
    if (this.#state === 'probe') {
      this.#probing = true
      return
    }
    this.#next = (lastIndex + 1) as Index
    this.#inflight.sent(lastIndex, bytes)
  }

  /** True if the follower is further than was known. */
  accepted(match: Index): boolean {
    const advanced = match > this.#match
    if (advanced) this.#match = match
    if (this.#next <= match) this.#next = (match + 1) as Index
    if (this.#state === 'replicate') {
      this.#inflight.acknowledged(match)
    } else if (this.#state === 'probe' || this.#match >= this.#offered!.index) {
      this.#enter('replicate', (this.#match + 1) as Index)
    }
    return advanced
  }

  /** The append behind `rejected` did not fit; `agreement` is where the logs may agree. False: an old answer. */
  rejected(rejected: Index, agreement: Index): boolean {
    if (this.#state === 'snapshot') return false
    if (rejected <= this.#match || (this.#state === 'probe' && rejected !== this.#next - 1)) return false
    this.#enter('probe', Math.max(this.#match + 1, Math.min(rejected, agreement + 1)) as Index)
    return true
  }

  /** Whether an answer was given with knowledge of this epoch: else the follower may have forgotten since. */
  isCurrent(epoch: number): boolean {
    return epoch >= this.#epoch
  }

  /** Answers from now on come from this start of the follower; true if those before came from another one. */
  isRestarted(incarnation: number): boolean {
    const isOther = incarnation !== this.#incarnation
    this.#incarnation = incarnation
    return isOther
  }

  /** The follower may have forgotten everything: only what it says from this epoch on counts. */
  doubted(epoch: number): void {
    this.#epoch = epoch
    this.restart(true)
  }

  /** A connection broke, or the follower says that it has forgotten something: find out anew where it is. */
  restart(forgotten: boolean): void {
    if (forgotten) this.#match = 0 as Index
    if (this.#state !== 'snapshot' || forgotten) {
      this.#enter('probe', forgotten ? this.#next : ((this.#match + 1) as Index))
    }
    this.commitSent = 0 as Index
  }

  offer(base: LogBase): void {
    this.#enter('snapshot', this.#next)
    this.#offered = base
  }

  /**
   * The follower answered a heartbeat. If since its last answer it has not confirmed anything although something
   * is under way, appends may have been lost. A probe is then repeated; in a pipeline (true) a single append,
   * however empty, will tell.
   */
  heartbeatAnswered(): boolean {
    const stalled = this.#matchAtHeartbeat === this.#match
    this.#matchAtHeartbeat = this.#match
    if (stalled) this.#probing = false
    return stalled && this.#state === 'replicate' && this.#match < this.#next - 1
  }

  check(lastIndex: Index): void {
    assert(this.#match < this.#next, 'nothing is sent that the follower is known to have')
    assert(this.#next <= lastIndex + 1, 'nothing behind the end is sent')
    assert(
      this.#inflight.count === 0 || this.#state === 'replicate',
      'only appends of a pipeline are counted',
    )
  }

  #enter(state: ProgressState, next: Index): void {
    this.#state = state
    this.#next = next
    this.#offered = undefined
    this.#probing = false
    this.#matchAtHeartbeat = -1
    this.#inflight.clear()
  }
}

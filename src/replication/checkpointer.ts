/**
 * Decides when the store becomes durable, so that the log may forget: when the store asks for it, because what it
 * holds in memory has come to its limit, or when so many entries lie behind the last checkpoint that a restart
 * would take long to apply them. A full disk may pass: another attempt follows without anybody asking, since a
 * store that is congested for want of a checkpoint applies nothing that would ask.
 */
import type { LogBase } from '../core/log-update.ts'
import { bug, buggify, probe } from '../core/seams.ts'
import { addMs } from '../core/time.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import type { DiskError } from '../runtime/disk.ts'
import type { Store } from '../runtime/store.ts'
import { CHECKPOINT_RETRY_MS } from './limits.ts'

export interface CheckpointerHost {
  checkpointed(base: LogBase): void
  /** The previous checkpoint still stands; another attempt follows. */
  failed(error: DiskError): void
}

export class Checkpointer {
  readonly #clock: Clock
  readonly #store: Store
  readonly #entriesMax: number
  readonly #host: CheckpointerHost
  readonly #retryTimer: Timer
  /** At most one is under way, or waits for its time after one that failed. */
  #state: 'idle' | 'running' | 'waiting' | 'stopped' = 'idle'
  readonly #askers: (() => void)[] = []
  #base: LogBase
  /** What the store holds now. */
  #applied: LogBase

  /** @param entriesMax so many entries at most lie behind a checkpoint before the next (etcd's snapshot-count). */
  constructor(clock: Clock, store: Store, base: LogBase, entriesMax: number, host: CheckpointerHost) {
    this.#clock = clock
    this.#store = store
    this.#base = base
    this.#applied = base
    this.#entriesMax = entriesMax
    this.#host = host
    this.#retryTimer = clock.timer(() => this.#retry())
  }

  /** The store was written to, and holds the state at `applied`; begins a checkpoint if one is due. */
  written(applied: LogBase): void {
    this.#applied = applied
    this.#beginIfDue()
  }

  /** A snapshot was installed: the store is durable up to there. */
  installed(base: LogBase): void {
    this.#base = base
    this.#applied = base
  }

  /** Though none is due: `done` when it has ended, or the one that is under way, well or not; never once stopped. */
  ask(done: () => void): void {
    this.#askers.push(done)
    if (this.#state === 'idle') this.#begin()
  }

  /** Begins no other. */
  stop(): void {
    this.#state = 'stopped'
    this.#retryTimer.clear()
  }

  #beginIfDue(): void {
    if (this.#state !== 'idle') return
    const entries = this.#applied.index - this.#base.index
    const isDue = this.#store.checkpointDue || entries >= this.#entriesMax
    if (isDue || (entries > 0 && buggify('group: a checkpoint is made early'))) this.#begin()
  }

  #begin(): void {
    const applied = this.#applied
    this.#state = 'running'
    this.#store.checkpoint(error => this.#ended(applied, error))
  }

  #ended(base: LogBase, error: DiskError | null): void {
    if (this.#state === 'stopped') return
    if (error !== null) {
      this.#state = 'waiting'
      this.#retryTimer.set(addMs(this.#clock.now(), CHECKPOINT_RETRY_MS))
      this.#host.failed(error)
      return this.#tellAskers()
    }
    this.#state = 'idle'
    if (base.index > this.#base.index) {
      this.#base = base
      this.#host.checkpointed(bug('checkpoint-ahead') ? this.#applied : base)
    }
    this.#beginIfDue()
    this.#tellAskers()
  }

  /** What the host was told may have stopped this group. */
  #tellAskers(): void {
    if (this.#state === 'stopped') return
    for (const done of this.#askers.splice(0)) done()
  }

  /** Due or not: what the failed one was to make durable still lies in memory, and may be what congests the store. */
  #retry(): void {
    probe('group: a checkpoint that had failed was tried again')
    this.#begin()
  }
}

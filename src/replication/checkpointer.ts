/**
 * Decides when the store becomes durable, so that the log may forget. A checkpoint of a store that lives in
 * memory rewrites all of it, so one is due only when the log's tail has come to half of its weight: the bytes
 * written for checkpoints are then at most twice those written to the log. (Not to all of it: a store that
 * keeps every revision is always heavier than the log that wrote it, and the log would grow for ever.)
 */
import type { LogBase } from '../core/log-update.ts'
import { addMs, type Instant } from '../core/time.ts'
import type { Clock } from '../runtime/clock.ts'
import type { DiskError } from '../runtime/disk.ts'
import type { Store } from '../runtime/store.ts'
import { CHECKPOINT_RETRY_MS, TAIL_WEIGHT } from './limits.ts'

export interface CheckpointerHost {
  /** Bytes that a restart would read again. */
  tailBytes(): number
  checkpointed(base: LogBase): void
  /** The previous checkpoint still stands; another attempt follows. */
  failed(error: DiskError): void
}

export class Checkpointer {
  readonly #clock: Clock
  readonly #store: Store
  readonly #entriesMin: number
  readonly #host: CheckpointerHost
  #running = false
  #notBefore = 0 as Instant
  #base: LogBase

  /** @param entriesMin at least so many entries lie between two checkpoints (etcd's snapshot-count). */
  constructor(clock: Clock, store: Store, base: LogBase, entriesMin: number, host: CheckpointerHost) {
    this.#clock = clock
    this.#store = store
    this.#base = base
    this.#entriesMin = entriesMin
    this.#host = host
  }

  /** The state reached `applied`; begins a checkpoint if one is due. */
  applied(applied: LogBase): void {
    if (this.#running || applied.index - this.#base.index < this.#entriesMin) return
    if (this.#host.tailBytes() * TAIL_WEIGHT < this.#store.checkpointBytes()) return
    if (this.#clock.now() < this.#notBefore) return
    this.#running = true
    this.#store.checkpoint(error => this.#ended(applied, error))
  }

  /** A snapshot was installed: the store is durable up to there. */
  installed(base: LogBase): void {
    this.#base = base
  }

  #ended(base: LogBase, error: DiskError | null): void {
    this.#running = false
    if (error !== null) {
      this.#notBefore = addMs(this.#clock.now(), CHECKPOINT_RETRY_MS)
      this.#host.failed(error)
    } else if (base.index > this.#base.index) {
      this.#base = base
      this.#host.checkpointed(base)
    }
  }
}

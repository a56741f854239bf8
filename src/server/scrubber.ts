/**
 * Has the store read and check what it holds on disk, a little at a time, for as long as the node runs: `Scrub` says
 * what is checked in which order. What is damaged stops the node, by the store's own way of saying so.
 */
import { assert } from '../core/assert.ts'
import { addMs } from '../core/time.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import { SCRUB_DELAY_MS, SCRUB_INTERVAL_MS, SCRUB_SLICE_BYTES } from './limits.ts'

/** What a scrubber needs of a store. */
export interface ScrubbedStore {
  /** Reads and checks about so many bytes more of what is on disk. */
  scrub(bytesMax: number): void
}

export interface ScrubberOptions {
  readonly clock: Clock
  readonly store: ScrubbedStore
  /** Read at once. */
  readonly sliceBytes?: number
  /** From the end of a slice to the next. */
  readonly intervalMs?: number
  /** From the scrubber's making to the first slice. */
  readonly delayMs?: number
}

export class Scrubber {
  readonly #timer: Timer
  #isStopped = false

  constructor({
    clock,
    store,
    sliceBytes = SCRUB_SLICE_BYTES,
    intervalMs = SCRUB_INTERVAL_MS,
    delayMs = SCRUB_DELAY_MS,
  }: ScrubberOptions) {
    assert(intervalMs > 0, 'between two slices the node does something else')
    this.#timer = clock.timer(() => {
      store.scrub(sliceBytes)
      if (!this.#isStopped) this.#timer.set(addMs(clock.now(), intervalMs))
    })
    this.#timer.set(addMs(clock.now(), delayMs))
  }

  /** To be called before the store is closed. */
  stop(): void {
    this.#isStopped = true
    this.#timer.clear()
  }
}

/**
 * Work that takes longer than others may wait: done a slice per turn, the oldest first, and each goes to the
 * back of the queue behind its slice. Together they take one slice of a turn, however many there are.
 */
import { addMs } from '../../core/time.ts'
import type { Clock } from '../../runtime/clock.ts'
import { LONG_READS_MAX, ROWS_PER_LOOK, SLICE_MS_MAX, SLICE_ROWS_MAX } from './limits.ts'

export interface SlicedWork {
  /** Works on about so many rows; false when there is nothing left to do. Never throws. */
  advance(rows: number): boolean
}

export class Slices {
  readonly #clock: Clock
  readonly #queue: SlicedWork[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** False if there is too much to do already. */
  add(work: SlicedWork): boolean {
    if (this.#queue.length >= LONG_READS_MAX) return false
    this.#queue.push(work)
    if (this.#queue.length === 1) this.#clock.nextTurn(this.#run)
    return true
  }

  readonly #run = (): void => {
    const work = this.#queue[0]!
    const more = this.#slice(work)
    this.#queue.shift()
    if (more) this.#queue.push(work)
    if (this.#queue.length > 0) this.#clock.nextTurn(this.#run)
  }

  #slice(work: SlicedWork): boolean {
    const end = addMs(this.#clock.now(), SLICE_MS_MAX)
    for (let rows = 0; rows < SLICE_ROWS_MAX; rows += ROWS_PER_LOOK) {
      if (!work.advance(ROWS_PER_LOOK)) return false
      if (this.#clock.now() >= end) return true
    }
    return true
  }
}

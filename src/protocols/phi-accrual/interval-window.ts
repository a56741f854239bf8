/** The intervals between a peer's last heartbeats, with their mean and deviation. */
import { INTERVALS_MAX } from './limits.ts'

export class IntervalWindow {
  readonly #intervalsMs: number[]
  #next = 0
  #sum = 0
  #squares = 0

  /** Begins as if it had seen two intervals, around what is expected. */
  constructor(expectedMs: number) {
    this.#intervalsMs = [expectedMs * 0.75, expectedMs * 1.25]
    this.#addUp()
  }

  add(intervalMs: number): void {
    const intervals = this.#intervalsMs
    if (intervals.length < INTERVALS_MAX) {
      intervals.push(intervalMs)
      this.#sum += intervalMs
      this.#squares += intervalMs * intervalMs
      return
    }
    const oldest = intervals[this.#next]!
    intervals[this.#next] = intervalMs
    this.#next = (this.#next + 1) % INTERVALS_MAX
    this.#sum += intervalMs - oldest
    this.#squares += intervalMs * intervalMs - oldest * oldest
    // What was rounded away does not gather.
    if (this.#next === 0) this.#addUp()
  }

  get meanMs(): number {
    return this.#sum / this.#intervalsMs.length
  }

  get deviationMs(): number {
    const mean = this.meanMs
    return Math.sqrt(Math.max(0, this.#squares / this.#intervalsMs.length - mean * mean))
  }

  #addUp(): void {
    this.#sum = 0
    this.#squares = 0
    for (const interval of this.#intervalsMs) {
      this.#sum += interval
      this.#squares += interval * interval
    }
  }
}

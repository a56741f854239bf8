/**
 * Tells streams, at their intervals, that time has come to say how far they are. Each has its own beat, from its
 * opening on, so that thousands are not told in one turn. All intervals are the same: whoever was told goes to the end.
 */
import { addMs, type Instant } from '../../../core/time.ts'
import type { Clock, Timer } from '../../../runtime/clock.ts'

export interface Progressing {
  tellProgress(): void
}

export class WatchProgress {
  readonly #clock: Clock
  readonly #intervalMs: number
  readonly #timer: Timer
  /** By when each is due, the next one first. */
  readonly #due = new Map<Progressing, Instant>()

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock
    this.#intervalMs = intervalMs
    this.#timer = clock.timer(() => this.#tell())
  }

  add(stream: Progressing): void {
    this.#due.set(stream, addMs(this.#clock.now(), this.#intervalMs))
    if (this.#due.size === 1) this.#arm()
  }

  delete(stream: Progressing): void {
    this.#due.delete(stream)
    if (this.#due.size === 0) this.#timer.clear()
  }

  #tell(): void {
    const now = this.#clock.now()
    const told: Progressing[] = []
    for (const [stream, at] of this.#due) {
      if (at > now) break
      told.push(stream)
    }
    for (const stream of told) {
      this.#due.delete(stream)
      this.#due.set(stream, addMs(now, this.#intervalMs))
      stream.tellProgress()
    }
    this.#arm()
  }

  #arm(): void {
    for (const at of this.#due.values()) return this.#timer.set(at)
  }
}

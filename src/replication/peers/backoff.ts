import type { Random } from '../../core/prng.ts'
import { REDIAL_MS_MAX, REDIAL_MS_MIN } from './limits.ts'

/**
 * How long to wait before dialling again: doubling, bounded, and drawn from the upper half of each step, so
 * that nodes which lost a peer together do not come back together.
 */
export class Backoff {
  readonly #random: Random
  #stepMs = REDIAL_MS_MIN

  constructor(random: Random) {
    this.#random = random
  }

  /** In milliseconds, possibly fractional. */
  next(): number {
    const stepMs = this.#stepMs
    this.#stepMs = Math.min(stepMs * 2, REDIAL_MS_MAX)
    return stepMs / 2 + this.#random.below(stepMs * 500 + 1) / 1000
  }

  /** The next wait is short again. */
  reset(): void {
    this.#stepMs = REDIAL_MS_MIN
  }

  /** A connection that lasted longer than the wait now due was worth having: the next wait is short again. */
  lasted(ms: number): void {
    if (ms >= this.#stepMs) this.reset()
  }

  /** Asking again soon is pointless: the next wait is the longest. */
  slow(): void {
    this.#stepMs = REDIAL_MS_MAX
  }
}

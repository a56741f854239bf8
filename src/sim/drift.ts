/**
 * A clock that runs at its own pace: local time as a rational function of true time, in whole microseconds
 * and without floating point, so that every machine computes the same.
 */
import { assert } from '../core/assert.ts'
import type { Instant } from '../core/time.ts'

/** Local microseconds per true microsecond, e.g. 1_000_200 / 1_000_000 for a clock 200 ppm fast. */
export interface Drift {
  readonly numerator: number
  readonly denominator: number
}

export const NO_DRIFT: Drift = { numerator: 1, denominator: 1 }

/** Both parts of a drift are whole numbers from 1 to this, so that all products stay below 2^53. */
export const DRIFT_PART_MAX = 10_000_000

/** The line through one pair of instants with the drift as its slope. */
export class LocalTime {
  readonly #drift: Drift
  readonly #true: number
  readonly #local: number

  /** At the true instant `trueAt` the local clock shows `localAt`. */
  constructor(trueAt: Instant, localAt: Instant, drift: Drift) {
    assert(isPart(drift.numerator) && isPart(drift.denominator), 'a drift is a ratio of small whole numbers')
    this.#true = trueAt
    this.#local = localAt
    this.#drift = drift
  }

  /** What the local clock shows at a true instant (not before the line begins). */
  atTrue(at: Instant): Instant {
    const { numerator, denominator } = this.#drift
    return (this.#local + scale(at - this.#true, numerator, denominator, Math.floor)) as Instant
  }

  /** The first true instant at which the local clock shows `at` or later; the line's begin if that was earlier. */
  atLocal(at: Instant): Instant {
    const { numerator, denominator } = this.#drift
    const elapsed = at <= this.#local ? 0 : at - this.#local
    return (this.#true + scale(elapsed, denominator, numerator, Math.ceil)) as Instant
  }
}

/** `value * by / over`: whole cycles of `over` exactly, and only the rest, which is small, rounded. */
function scale(value: number, by: number, over: number, round: (value: number) => number): number {
  if (by === over) return value
  const rest = value % over
  return ((value - rest) / over) * by + round((rest * by) / over)
}

function isPart(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= DRIFT_PART_MAX
}

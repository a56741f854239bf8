/** A set of half-open intervals of byte strings, kept merged and sorted so that a point is found by bisection. */
import { compareBytes } from '../../core/bytes.ts'

/** Holds every key with `from` <= key < `to`; nothing, if `to` is not behind `from`. */
export interface Interval {
  readonly from: Uint8Array
  readonly to: Uint8Array
}

export class IntervalSet {
  readonly #intervals: readonly Interval[]

  constructor(intervals: readonly Interval[]) {
    this.#intervals = merged(intervals)
  }

  get intervals(): readonly Interval[] {
    return this.#intervals
  }

  has(key: Uint8Array): boolean {
    let low = 0
    let high = this.#intervals.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareBytes(this.#intervals[middle]!.from, key) <= 0) low = middle + 1
      else high = middle
    }
    const before = this.#intervals[low - 1]
    return before !== undefined && compareBytes(key, before.to) < 0
  }

  union(other: IntervalSet): IntervalSet {
    if (other.#intervals.length === 0) return this
    if (this.#intervals.length === 0) return other
    return new IntervalSet([...this.#intervals, ...other.#intervals])
  }
}

function merged(intervals: readonly Interval[]): Interval[] {
  const sorted = intervals
    .filter(({ from, to }) => compareBytes(from, to) < 0)
    .sort((a, b) => compareBytes(a.from, b.from))
  const result: Interval[] = []
  for (const interval of sorted) {
    const last = result.at(-1)
    if (last === undefined || compareBytes(last.to, interval.from) < 0) result.push(interval)
    else if (compareBytes(last.to, interval.to) < 0)
      result[result.length - 1] = { from: last.from, to: interval.to }
  }
  return result
}

/** A set of half-open intervals of byte strings, kept merged and sorted so that a point is found by bisection. */
import { compareBytes } from '../../core/bytes.ts'

/** Holds every key with `from` <= key < `to`; nothing, if `to` is not behind `from`. `to` undefined: to the end. */
export interface Interval {
  readonly from: Uint8Array
  readonly to: Uint8Array | undefined
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
    const before = this.#lastFrom(key)
    return before !== undefined && (before.to === undefined || compareBytes(key, before.to) < 0)
  }

  /** Whether it holds every key of an interval; of one that has none it says no. */
  covers({ from, to }: Interval): boolean {
    if (to !== undefined && compareBytes(from, to) >= 0) return false
    const before = this.#lastFrom(from)
    return before !== undefined && compareEnds(to, before.to) <= 0
  }

  /** The last interval that begins at or before a key. */
  #lastFrom(key: Uint8Array): Interval | undefined {
    let low = 0
    let high = this.#intervals.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareBytes(this.#intervals[middle]!.from, key) <= 0) low = middle + 1
      else high = middle
    }
    return this.#intervals[low - 1]
  }

  union(other: IntervalSet): IntervalSet {
    if (other.#intervals.length === 0) return this
    if (this.#intervals.length === 0) return other
    return new IntervalSet([...this.#intervals, ...other.#intervals])
  }
}

/** Intervals that touch become one. */
function merged(intervals: readonly Interval[]): Interval[] {
  const sorted = intervals
    .filter(({ from, to }) => to === undefined || compareBytes(from, to) < 0)
    .sort((a, b) => compareBytes(a.from, b.from))
  const result: Interval[] = []
  for (const interval of sorted) {
    const last = result.at(-1)
    if (last === undefined || (last.to !== undefined && compareBytes(last.to, interval.from) < 0)) {
      result.push(interval)
    } else if (compareEnds(last.to, interval.to) < 0) {
      result[result.length - 1] = { from: last.from, to: interval.to }
    }
  }
  return result
}

function compareEnds(a: Uint8Array | undefined, b: Uint8Array | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? 1 : -1
  return compareBytes(a, b)
}

/** How often something took how long, in buckets, as Prometheus counts it. Nothing is allocated by `observe`. */
import { assert } from './assert.ts'

export class Histogram {
  /** Upper bounds, included, growing; beyond the last there is one bucket more. */
  readonly bounds: readonly number[]
  /** By bucket, each alone: they are added up when somebody asks. */
  readonly #counts: Float64Array
  #sum = 0

  constructor(bounds: readonly number[]) {
    assert(
      bounds.every((bound, at) => at === 0 || bound > bounds[at - 1]!),
      'bounds grow',
    )
    this.bounds = bounds
    this.#counts = new Float64Array(bounds.length + 1)
  }

  observe(value: number): void {
    let at = 0
    while (at < this.bounds.length && value > this.bounds[at]!) at++
    this.#counts[at]!++
    this.#sum += value
  }

  get sum(): number {
    return this.#sum
  }

  /** How many were at most as large as each bound, and last how many there were at all. */
  cumulative(): number[] {
    let total = 0
    return Array.from(this.#counts, count => (total += count))
  }
}

/** Doubling from `first`, so many. */
export function doubling(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => first * 2 ** at)
}

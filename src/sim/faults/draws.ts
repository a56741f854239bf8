/** Draws that faults are made of: whole numbers, choices and subsets, without floating point. */
import { assert } from '../../core/assert.ts'
import type { Random } from '../../core/prng.ts'

/** Whole numbers, both ends included. */
export interface Range {
  readonly low: number
  readonly high: number
}

/** Uniform over the range. */
export function drawBetween(random: Random, { low, high }: Range): number {
  return low + random.below(high - low + 1)
}

/** As often between 1 and 2 as between 512 and 1024: for what matters by its order of magnitude. From 1 on. */
export function drawMagnitude(random: Random, { low, high }: Range): number {
  let doublings = 0
  while (low * 2 ** (doublings + 1) <= high) doublings++
  const from = low * 2 ** random.below(doublings + 1)
  return drawBetween(random, { low: from, high: Math.min(high, from * 2) })
}

/** One of them; there must be one. */
export function drawOne<T>(random: Random, from: readonly T[]): T {
  assert(from.length > 0, 'who draws one has something to draw from')
  return from[random.below(from.length)]!
}

/** All of them, in a drawn order. */
export function drawOrder<T>(random: Random, from: readonly T[]): T[] {
  const rest = [...from]
  return from.map(() => rest.splice(random.below(rest.length), 1)[0]!)
}

/** So many of them, each at most once, in a drawn order. */
export function drawSome<T>(random: Random, count: number, from: readonly T[]): T[] {
  return drawOrder(random, from).slice(0, count)
}

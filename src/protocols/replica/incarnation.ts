/**
 * Numbers the starts of a node, so that what an earlier start asked for or was answered is never taken for its own.
 * Starts are counted in the promise. A node whose disk holds no promise, although it may have made one, cannot count
 * on: it begins another *life* at a number that is drawn, and counts from there. Numbers of two lives say nothing
 * about which of them came first.
 */
import type { Random } from '../../core/prng.ts'

/** So many starts belong to one life. */
const STARTS_MAX = 2 ** 20
/** Together with its starts a life is a whole number below 2^53. */
const LIVES_MAX = 2 ** 32

/** The first start of another life. Life 0 is that of a node which knows that it has none behind it. */
export function beginLife(random: Random): number {
  return (1 + random.below(LIVES_MAX - 1)) * STARTS_MAX
}

export function lifeOf(incarnation: number): number {
  return Math.floor(incarnation / STARTS_MAX)
}

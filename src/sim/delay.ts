/**
 * How long things take: a floor and an exponential tail around a mean, from a table, so that no engine's
 * `Math.log` decides what a run does.
 */
import type { Random } from '../core/prng.ts'

export interface Delay {
  /** Whole microseconds that everything takes at least. */
  readonly minimumUs: number
  /** Whole microseconds added on average; single draws reach up to about seven times this. */
  readonly meanUs: number
}

/** Thousandths of the mean at the middle of each 64th of an exponential distribution. */
const QUANTILES: readonly number[] = [
  8, 24, 40, 56, 73, 90, 107, 125, 143, 161, 179, 198, 217, 237, 257, 277, 298, 319, 341, 363, 386, 409, 433,
  458, 483, 508, 535, 562, 589, 618, 647, 678, 709, 741, 774, 809, 845, 882, 920, 960, 1002, 1045, 1091, 1138,
  1188, 1241, 1297, 1356, 1418, 1485, 1556, 1633, 1717, 1808, 1908, 2019, 2144, 2287, 2454, 2655, 2906, 3243,
  3753, 4852, 7000,
]

/** Draws a delay in whole microseconds: two draws from `random`, whatever the delay. */
export function drawDelayUs(delay: Delay, random: Random): number {
  const slot = random.below(64)
  const from = QUANTILES[slot]!
  const thousandths = from + random.below(QUANTILES[slot + 1]! - from)
  return delay.minimumUs + Math.floor((delay.meanUs * thousandths) / 1000)
}

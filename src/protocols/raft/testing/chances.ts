/** How often what goes wrong in a random schedule. Every seed draws its own. */
import type { Random } from '../../../core/prng.ts'

export interface Chances {
  readonly lossPercent: number
  readonly repeatPercent: number
  readonly reorderPercent: number
  readonly crash: number
  readonly cut: number
  readonly reconfigure: number
  readonly checkpoint: number
  /** Time passes by up to so much with every event. */
  readonly paceUs: number
  readonly sync: number
  readonly damages: boolean
  readonly loses: boolean
}

/** The same draws give the same chances. */
export function drawChances(random: Random): Chances {
  const pick = (...values: number[]) => values[random.below(values.length)]!
  return {
    lossPercent: pick(0, 0, 2, 10, 25),
    repeatPercent: pick(0, 2, 10, 30),
    reorderPercent: pick(0, 5, 50, 100),
    crash: pick(0, 2, 5, 15),
    cut: pick(0, 2, 6),
    reconfigure: pick(0, 0, 4, 15),
    checkpoint: pick(0, 5, 20),
    paceUs: pick(500, 2000, 10_000, 30_000),
    sync: pick(20, 60, 150, 300),
    damages: random.chance(1, 4),
    loses: random.chance(1, 3),
  }
}

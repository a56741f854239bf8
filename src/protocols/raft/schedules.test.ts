/** Random schedules: see `testing/random-world.ts`. `RAFT_SEEDS` and `RAFT_FIRST_SEED` search further. */
import { describe, expect, test } from 'vitest'
import { RandomWorld } from './testing/random-world.ts'

const FIRST = Number(process.env['RAFT_FIRST_SEED'] ?? 1)
const SEEDS = Number(process.env['RAFT_SEEDS'] ?? 60)
const STEPS = Number(process.env['RAFT_STEPS'] ?? 1500)
const totals: Record<string, number> = {}

describe('any schedule', () => {
  test(`keeps every promise, and comes to rest when healed (${SEEDS} seeds)`, { timeout: 3_600_000 }, () => {
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      const world = new RandomWorld(seed)
      try {
        world.run(STEPS)
        world.heal()
      } catch (error) {
        throw new Error(`seed ${seed} after ${world.steps} steps: ${error}\n${world.describe()}`, {
          cause: error,
        })
      }
      for (const [name, count] of Object.entries(world.referee.counts))
        totals[name] = (totals[name] ?? 0) + count
      totals['steps'] = (totals['steps'] ?? 0) + world.steps
      totals['losses'] = (totals['losses'] ?? 0) + world.losses
    }
    if (process.env['RAFT_SEEDS']) console.log(totals)
    for (const name of [
      'elections',
      'committed',
      'refused',
      'unknown',
      'readable',
      'unreadable',
      'installs',
      'losses',
    ]) {
      expect(totals[name], `schedules reach ${name}`).toBeGreaterThan(0)
    }
  })
})

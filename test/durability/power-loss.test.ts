/**
 * Killing a process leaves the page cache, so it cannot show a missing sync. Here all nodes lose power at one
 * instant, over and over, on real files that are then rolled back to what a drive may have kept.
 */
import { expect, test } from 'vitest'
import type { Random } from '../../src/core/prng.ts'
import { HONEST, type Lies } from './power-loss-disk.ts'
import { PowerLosses } from './power-losses.ts'

const LOSSES = Number(process.env['QUORATE_POWER_LOSSES'] ?? (process.env['CI'] ? 200 : 40))
/** Clusters begin anew now and then: checkpoints stay small and frequent, and first starts are struck too. */
const LOSSES_PER_CLUSTER = 20
/** A missing sync may go unnoticed in so many clusters, for so many losses each: luck keeps what was not synced. */
const CLUSTERS_UNNOTICED_MAX = 10
const LOSSES_UNNOTICED_MAX = 6
const SEED = Number(process.env['QUORATE_SEED'] ?? Date.now() % 1_000_000)
const LIMIT_MS = 15 * 60_000

/** What is wrong with one cluster after so many losses, if anything. */
async function suffer(seed: number, losses: number, lies: Lies = HONEST, drive?: Random): Promise<string> {
  const cluster = await PowerLosses.prepare(seed, lies, drive)
  try {
    return (await cluster.run(losses)).join('\n')
  } finally {
    await cluster.destroy()
  }
}

test(
  `nothing acknowledged is lost in ${LOSSES} power losses of all nodes at once`,
  async () => {
    for (let lost = 0; lost < LOSSES; lost += LOSSES_PER_CLUSTER) {
      const seed = SEED + lost
      const violations = await suffer(seed, Math.min(LOSSES_PER_CLUSTER, LOSSES - lost))
      expect(violations, `QUORATE_SEED=${seed}`).toBe('')
    }
  },
  LIMIT_MS,
)

/** Drawn low, every choice is to forget. */
const FORGETFUL: Random = { uint32: () => 0, below: () => 0, chance: () => true, fork: () => FORGETFUL }

test(
  'without any sync, drives that forget their caches lose acknowledged writes, and that is noticed',
  async () => {
    const violations = await suffer(SEED, LOSSES_UNNOTICED_MAX, () => true, FORGETFUL)
    expect(violations, `QUORATE_SEED=${SEED}`).toMatch(/^an acknowledged write is not there|was seen already/)
  },
  LIMIT_MS,
)

test.each<[string, Lies]>([
  ['of batches that are appended to the log', path => path.endsWith('.log')],
  ['of new segments of the log', path => path.endsWith('/prepared')],
  ['of the names of segments', path => path.endsWith('/log')],
  ['of the tables of the store', path => path.endsWith('.table')],
  ['of manifests of the store', path => path.includes('/manifest')],
  ['of the names of tables and manifests', path => path.endsWith('/store')],
  ['of the identity', path => path.includes('/identity')],
])(
  'without the sync %s, something is noticed to be wrong',
  async (_, lies) => {
    let violations = ''
    for (let cluster = 0; violations === '' && cluster < CLUSTERS_UNNOTICED_MAX; cluster++) {
      violations = await suffer(SEED + cluster, LOSSES_UNNOTICED_MAX, lies)
    }
    expect(violations, `QUORATE_SEED=${SEED}`).not.toBe('')
  },
  LIMIT_MS,
)

/**
 * Leases that are renewed in the last moment. Whoever leads looks now and then for leases that are over, and proposes
 * their end; what was renewed between that look and that end must live on. Many leases at once: of each few instants
 * count.
 */
import type { Random } from '../../core/prng.ts'
import { Leases } from './leases.ts'
import type { LastMomentTask } from './plan.ts'
import { drawPlan, runProgram } from './program.ts'
import type { RecordedClient } from './recorded-client.ts'
import type { Stage, Workload } from './workload.ts'

const TTL_SECONDS_MIN = 2
const TTL_SECONDS_MAX = 3
const LEASES_MAX = 8
/** Around the time of a lease, and the look behind it. */
const EARLY_MS_MAX = 200
const LATE_MS_MAX = 600
/** Programs of leases put it, too. */
const LEASED_KEY = 0

export const lastMoments: Workload = {
  plan: (random, size) =>
    drawPlan('lastMoments', random, size, () => ({ kind: 'lastMoments', lastMoments: drawTask(random) })),
  start(stage, plan) {
    const leases = new Leases(stage, plan.timeoutMs)
    return runProgram(
      stage,
      plan,
      () => async (client, task) => {
        if (task.kind === 'lastMoments') await perform(stage, leases, client, task.lastMoments)
      },
      // The oracle of leases judges what they are told.
      () => [],
    )
  },
}

function drawTask(random: Random): LastMomentTask {
  return {
    ttlSeconds: TTL_SECONDS_MIN + random.below(TTL_SECONDS_MAX - TTL_SECONDS_MIN + 1),
    lateMs: Array.from(
      { length: 1 + random.below(LEASES_MAX) },
      () => random.below(EARLY_MS_MAX + LATE_MS_MAX) - EARLY_MS_MAX,
    ),
  }
}

async function perform(
  stage: Stage,
  leases: Leases,
  client: RecordedClient,
  { ttlSeconds, lateMs }: LastMomentTask,
): Promise<void> {
  const renewLate = async (late: number, i: number): Promise<void> => {
    const granted = await leases.grant(client, { ttlSeconds, isNamed: false })
    if (granted === undefined) return
    // Its end shows in the store. Of many puts at the same time, should nobody answer, histories stay undecided.
    if (i === 0) await leases.put(client, LEASED_KEY, granted.id)
    if (stage.isPressed()) return
    await client.pause(granted.ttlSeconds * 1_000 + late)
    await leases.renew(client, granted.id)
  }
  await Promise.all(lateMs.map(renewLate))
}

/**
 * Leases as programs hold them through the client, which keeps them alive by itself and says when one is lost. Whoever
 * holds a lock believes in it for so long: never longer than the lease can last after it was last prolonged.
 */
import { ClientError } from '../../client/errors.ts'
import type { Random } from '../../core/prng.ts'
import { HELD_LEASE_MS_MAX } from './limits.ts'
import type { HeldLeaseTask } from './plan.ts'
import { drawPlan, runProgram } from './program.ts'
import { RecordedClient } from './recorded-client.ts'
import type { Stage, Workload } from './workload.ts'

const TTL_SECONDS_MIN = 2
const TTL_SECONDS_MAX = 6

/** A lease in which its client believed until then. Microseconds of the clock that no member sees. */
export interface LostLease {
  readonly id: bigint
  readonly ttlSeconds: number
  readonly lostAt: number
}

export const heldLeases: Workload = {
  plan: (random, size) =>
    drawPlan('heldLeases', random, size, () => ({ kind: 'heldLeases', heldLeases: drawTask(random) })),
  start(stage, plan) {
    const lost: LostLease[] = []
    return runProgram(
      stage,
      plan,
      () => async (client, task) => {
        if (task.kind === 'heldLeases') await hold(stage, client, task.heldLeases, plan.timeoutMs, lost)
      },
      () => lost.flatMap(lease => checkLost(lease, stage.leases.prolongedAt(lease.id)) ?? []),
      () => new RecordedClient(stage, plan.timeoutMs, { isTapped: true }),
    )
  },
}

function drawTask(random: Random): HeldLeaseTask {
  return {
    ttlSeconds: TTL_SECONDS_MIN + random.below(TTL_SECONDS_MAX - TTL_SECONDS_MIN + 1),
    holdMs: random.below(HELD_LEASE_MS_MAX),
  }
}

async function hold(
  stage: Stage,
  client: RecordedClient,
  { ttlSeconds, holdMs }: HeldLeaseTask,
  timeoutMs: number,
  lost: LostLease[],
): Promise<void> {
  try {
    const lease = await client.unrecorded.leases.hold(ttlSeconds, { timeoutMs })
    lease.signal.addEventListener('abort', () => {
      lost.push({ id: lease.id, ttlSeconds: lease.ttlSeconds, lostAt: stage.cluster.now() })
    })
    await client.pause(stage.isPressed() ? 0 : holdMs)
    if (!lease.isOver) await lease.revoke()
  } catch (error) {
    if (!(error instanceof ClientError)) throw error
    stage.failed(error)
  }
}

/**
 * @param prolongedAt when it was granted and renewed, ascending: each later than the client asked for it
 * @returns a sentence, if the client believed in it for too long
 */
export function checkLost(
  { id, ttlSeconds, lostAt }: LostLease,
  prolongedAt: readonly number[],
): string | undefined {
  const last = prolongedAt.findLast(at => at <= lostAt)
  if (last === undefined) return `heldLeases: lease ${id} was believed in, and never granted`
  const overAt = last + ttlSeconds * 1_000_000
  if (lostAt <= overAt) return undefined
  return `heldLeases: lease ${id} was believed in until ${lostAt}, but prolonged last at ${last}, to ${overAt} at most`
}

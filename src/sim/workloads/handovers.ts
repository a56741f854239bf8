/**
 * Somebody who moves the leadership about, as operators do before they take a machine away: to members who may be down
 * or cut off by then. The leader that was asked takes no proposals until it has handed over, or has given that up.
 */
import { ClientError } from '../../client/errors.ts'
import type { Random } from '../../core/prng.ts'
import { MEMBERS_MAX } from './limits.ts'
import type { HandoverTask } from './plan.ts'
import { drawPlan, runProgram } from './program.ts'
import { RecordedClient } from './recorded-client.ts'
import { readOf } from './requests.ts'
import type { Stage, Workload } from './workload.ts'

export const handovers: Workload = {
  plan: (random, size) =>
    drawPlan('handovers', random, size, () => ({ kind: 'handovers', handovers: drawTask(random) })),
  start(stage, plan) {
    const clients = new Map<string, RecordedClient>()
    return runProgram(
      stage,
      plan,
      () => async (client, task) => {
        await client.ask(readOf('k'))
        if (task.kind === 'handovers') await handOver(stage, clients, task.handovers, plan.timeoutMs)
      },
      // Whether the cluster goes on is seen by everybody.
      () => [],
    )
  },
}

function drawTask(random: Random): HandoverTask {
  return { to: random.below(MEMBERS_MAX) }
}

/** @param clients each of which knows one member alone: only the leader can be asked. */
async function handOver(
  stage: Stage,
  clients: Map<string, RecordedClient>,
  { to }: HandoverTask,
  timeoutMs: number,
): Promise<void> {
  const { names, ids, leaders } = stage.cluster
  const id = ids.get(names[to % names.length]!)
  const [leader] = leaders
  if (leader === undefined || id === undefined) return
  const known = clients.get(leader)
  const client = known ?? new RecordedClient(stage, timeoutMs, { members: [leader] })
  clients.set(leader, client)
  try {
    await client.unrecorded.cluster.moveLeader(id, { timeoutMs })
  } catch (error) {
    if (!(error instanceof ClientError)) throw error
    stage.failed(error)
  }
}

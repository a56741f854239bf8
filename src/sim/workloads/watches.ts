/**
 * Readers of what happens to keys: from now on, from the past, of one key, of some, of all, some of them slow. A reader
 * goes on over whatever happens to its cluster until its time is over; the oracle of watches judges what it was told.
 */
import { ClientError } from '../../client/errors.ts'
import type { Watch, WatchBatch } from '../../client/watch.ts'
import type { Random } from '../../core/prng.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import { WATCH_MS_MAX, WATCH_PAUSE_MS_MAX, WATCH_REVISIONS_BACK_MAX } from './limits.ts'
import type { WatchTask } from './plan.ts'
import { drawPlan, runProgram } from './program.ts'
import type { RecordedClient } from './recorded-client.ts'
import { ALL_KEYS, readOf } from './requests.ts'
import type { Stage, Workload } from './workload.ts'

/** Of the keys that all other programs write. */
const KEYS = ['k', 'k0', 'k1', 'k2', 'counter/0', 'account/', 'list/', 'z']

export const watches: Workload = {
  plan: (random, size) =>
    drawPlan('watches', random, size, () => ({ kind: 'watches', watches: drawTask(random) })),
  start(stage, plan) {
    const torn: string[] = []
    return runProgram(
      stage,
      plan,
      () => async (client, task) => {
        if (task.kind === 'watches') await begin(stage, client, task.watches, torn)
      },
      // What members said, the oracle of watches judges; here it is what the client made of it.
      () => torn,
    )
  },
}

function drawTask(random: Random): WatchTask {
  return {
    from: random.chance(1, 2) ? -1 : random.below(KEYS.length),
    isSingle: random.chance(1, 3),
    revisionsBack: random.chance(1, 3) ? 0 : 1 + random.below(WATCH_REVISIONS_BACK_MAX),
    prevKv: random.chance(1, 2),
    noPuts: random.chance(1, 8),
    noDeletes: random.chance(1, 8),
    progressNotify: random.chance(1, 2),
    requiresLeader: random.chance(2, 3),
    readMs: 100 + random.below(WATCH_MS_MAX),
    pauseMs: random.chance(1, 2) ? 0 : random.below(WATCH_PAUSE_MS_MAX),
  }
}

/** The watch goes on while the client begins others. */
async function begin(stage: Stage, client: RecordedClient, task: WatchTask, torn: string[]): Promise<void> {
  const looked = await client.ask(readOf(KEYS[0]!))
  const start = client.newestRevision + 1 - task.revisionsBack
  const { from, isSingle, prevKv, noPuts, noDeletes, progressNotify, requiresLeader } = task
  const key = from < 0 ? ALL_KEYS.key : utf8Bytes(KEYS[from]!)
  const watch = client.watch(isSingle ? key : { from: key }, {
    // Who was told nothing begins with what is told first.
    startRevision: looked.kind === 'done' && task.revisionsBack > 0 ? Math.max(1, start) : 0,
    ...{ prevKv, noPuts, noDeletes, progressNotify, requiresLeader },
  })
  void client.pause(task.readMs).then(() => watch.close())
  read(client, watch, task.pauseMs, torn).catch(stage.broken)
}

async function read(client: RecordedClient, watch: Watch, pauseMs: number, torn: string[]): Promise<void> {
  let told = 0
  try {
    for await (const batch of watch) {
      const problem = checkBatch(told, batch)
      if (problem !== undefined) torn.push(problem)
      told = batch.revision
      if (pauseMs > 0) await client.pause(pauseMs)
    }
  } catch (error) {
    // A compaction was quicker, or the program is over.
    if (!(error instanceof ClientError)) throw error
  }
}

/** @param told of everything up to here: a revision comes at once or not at all, in however many parts it was sent. */
export function checkBatch(told: number, { events }: WatchBatch): string | undefined {
  const first = events[0]?.kv.modRevision
  if (first === undefined || first > told) return undefined
  return `watches: torn: the client told of ${first} after it had told of all up to ${told}`
}

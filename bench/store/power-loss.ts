/** What an engine makes of files of which un-synced pages were lost, many times over. */
import { cpSync, mkdirSync } from 'node:fs'
import { randomFromSeed } from '../../src/core/prng.ts'
import type { EngineName } from './engine-names.ts'
import { engineKind } from './engines.ts'
import { losePages } from './lost-pages.ts'
import type { Outcome, Task } from './tasks.ts'
import { startWorker } from './worker.ts'

const KEYS = 20_000

/** Batches of 100 puts that were not synced. */
const BATCHES = 50

/** Of the pages in danger. */
const LOST_PERCENT_MIN = 5
const LOST_PERCENT_MAX = 95

const JUDGE_MS_MAX = 60_000

export interface Judgement {
  readonly outcome: Outcome
  readonly why: string
}

/** @param directory of this part alone; made if it does not exist */
export async function losePower(engine: EngineName, directory: string, trials: number): Promise<Judgement[]> {
  const [live, synced, written, into] = ['live', 'synced', 'written', 'into'].map(
    name => `${directory}/${name}`,
  )
  const task = { engine, keys: KEYS, batches: BATCHES, checkpointBytes: Number.MAX_SAFE_INTEGER }
  mkdirSync(live!, { recursive: true })
  const worker = startWorker({ ...task, kind: 'lose', directory: live! })
  for await (const message of worker.messages) {
    if (message.kind === 'durable') {
      cpSync(live!, synced!, { recursive: true })
      worker.goOn()
    } else if (message.kind === 'ready') worker.kill()
  }
  await worker.ended
  cpSync(live!, written!, { recursive: true })
  const { syncsByItself } = await engineKind(engine)
  const random = randomFromSeed(9)
  const judgedAfter = (percent: number): Promise<Judgement> => {
    losePages({ synced: synced!, written: written!, into: into!, percent, isSafe: syncsByItself }, random)
    return judged({ ...task, kind: 'judge', directory: into! })
  }
  // Who loses nothing has to pass; otherwise it is the judge who is wrong.
  const control = await judgedAfter(0)
  if (control.outcome !== 'opens, holds what was synced or more') {
    throw new Error(`${engine} lost nothing, and yet: ${control.outcome}, ${control.why}`)
  }
  const judgements: Judgement[] = []
  for (let trial = 0; trial < trials; trial++) {
    judgements.push(
      await judgedAfter(LOST_PERCENT_MIN + random.below(LOST_PERCENT_MAX - LOST_PERCENT_MIN + 1)),
    )
  }
  return judgements
}

async function judged(task: Task): Promise<Judgement> {
  const worker = startWorker(task)
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    worker.kill()
  }, JUDGE_MS_MAX)
  let judgement: Judgement | undefined
  for await (const message of worker.messages) if (message.kind === 'outcome') judgement = message
  const end = await worker.ended
  clearTimeout(timer)
  if (isLate) return { outcome: 'hangs', why: `${JUDGE_MS_MAX} ms` }
  return judgement ?? { outcome: 'the process dies', why: String(end) }
}

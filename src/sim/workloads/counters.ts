/**
 * Counters to which every client adds exactly once each time, whatever it is told: beside a counter stands, for each
 * client, how many additions it has made. Whoever does not know whether an addition was done looks there.
 */
import type { Random } from '../../core/prng.ts'
import { type CounterOperation, checkCounter } from '../checkers/counter.ts'
import { RETRY_PAUSE_MS } from './limits.ts'
import type { CounterTask } from './plan.ts'
import { drawPlan, type Perform, runProgram } from './program.ts'
import type { RecordedClient } from './recorded-client.ts'
import { foundBy, putOf, readOf, textIn, txnOf, unchanged } from './requests.ts'
import type { Stage, Workload } from './workload.ts'

const COUNTERS = 2

export const counters: Workload = {
  plan: (random, size) =>
    drawPlan('counters', random, size, () => ({ kind: 'counters', counters: drawTask(random) })),
  start(stage, plan) {
    const histories = Array.from({ length: COUNTERS }, (): CounterOperation[] => [])
    return runProgram(
      stage,
      plan,
      () => performer(stage, histories),
      () =>
        histories.flatMap((history, counter) =>
          checkCounter(history).map(({ sentence }) => `counter ${counter}: ${sentence}`),
        ),
    )
  },
}

function drawTask(random: Random): CounterTask {
  const counter = random.below(COUNTERS)
  return { counter, amount: random.chance(1, 3) ? 0 : 1 + random.below(9), tries: 2 + random.below(6) }
}

function performer(stage: Stage, histories: readonly CounterOperation[][]): Perform {
  let additions = 0
  return async (client, task) => {
    if (task.kind !== 'counters') return
    const { counter, amount, tries } = task.counters
    const history = histories[counter]!
    const calledAt = stage.moment()
    const id = history.length
    if (amount === 0) {
      const value = await look(client, counter)
      if (value !== undefined) history.push({ kind: 'read', id, value, calledAt, returnedAt: stage.moment() })
      return
    }
    const outcome = await add(client, { counter, amount, token: `${++additions}` }, tries)
    history.push({ kind: 'add', id, amount, calledAt, returnedAt: stage.moment(), outcome })
  }
}

async function look(client: RecordedClient, counter: number): Promise<number | undefined> {
  const answer = await client.ask(txnOf([], [readOf(totalKey(counter))]))
  return answer.kind === 'done' ? Number(textIn(foundBy(answer.response.txn)[0])) : undefined
}

interface Addition {
  readonly counter: number
  readonly amount: number
  /** Of this addition of this client, and no other. */
  readonly token: string
}

/** Asks until it is known what became of it, or it has asked often enough. */
async function add(
  client: RecordedClient,
  addition: Addition,
  tries: number,
): Promise<'done' | 'refused' | 'unknown'> {
  let outcome: 'refused' | 'unknown' = 'refused'
  for (let tried = 0; tried < tries; tried++) {
    if (tried > 0) await client.pause(RETRY_PAUSE_MS)
    const tryOutcome = await attempt(client, addition)
    if (tryOutcome === 'done') return 'done'
    // Once something is on its way, only its token tells that it arrived, and nothing that it never will.
    if (tryOutcome === 'unknown') outcome = 'unknown'
  }
  return outcome
}

async function attempt(
  client: RecordedClient,
  { counter, amount, token }: Addition,
): Promise<'done' | 'again' | 'unknown'> {
  const [total, last] = [totalKey(counter), `counter/${counter}/last/${client.id}`]
  const answer = await client.ask(txnOf([], [readOf(total), readOf(last)]))
  if (answer.kind !== 'done') return 'again'
  const [totalPair, lastPair] = foundBy(answer.response.txn)
  if (textIn(lastPair) === token) return 'done'
  const guards = [unchanged(total, totalPair?.modRevision ?? 0), unchanged(last, lastPair?.modRevision ?? 0)]
  const puts = [putOf(total, `${Number(textIn(totalPair)) + amount}`), putOf(last, token)]
  const written = await client.ask(txnOf(guards, puts))
  if (written.kind === 'unknown') return 'unknown'
  return written.kind === 'done' && written.response.txn.succeeded ? 'done' : 'again'
}

function totalKey(counter: number): string {
  return `counter/${counter}/total`
}

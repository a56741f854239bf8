/**
 * Transactions over lists, as Elle wants them: reads of whole lists, and appends of values that nobody else appends.
 * The store has no append, so a program reads the lists and puts them back longer if nobody else was faster.
 */
import type { Random } from '../../core/prng.ts'
import { checkListAppend, type ListTransaction } from '../checkers/list-append.ts'
import type { ListOperation } from '../checkers/transactions.ts'
import { RETRY_PAUSE_MS } from './limits.ts'
import type { ListTask } from './plan.ts'
import { drawPlan, runProgram } from './program.ts'
import type { RecordedClient } from './recorded-client.ts'
import { foundBy, putOf, readOf, textIn, txnOf, unchanged } from './requests.ts'
import type { Stage, Workload } from './workload.ts'

const LISTS = 6

export const listAppend: Workload = {
  plan: (random, size) =>
    drawPlan('listAppend', random, size, () => ({ kind: 'listAppend', listAppend: drawTask(random) })),
  start(stage, plan) {
    const lists = new Lists(stage)
    const running = runProgram(
      stage,
      plan,
      () => async (client, task) => {
        if (task.kind === 'listAppend') await lists.perform(client, task.listAppend)
      },
      () => checkListAppend(lists.history).map(({ sentence }) => `lists: ${sentence}`),
    )
    return Object.assign(running, { transactions: lists.history })
  },
}

function drawTask(random: Random): ListTask {
  const some = (atMost: number): number[] =>
    Array.from({ length: random.below(atMost + 1) }, () => random.below(LISTS))
  const appends = [...new Set(some(2))]
  const reads = [...new Set(some(3))]
  return {
    reads: appends.length === 0 && reads.length === 0 ? [0] : reads,
    appends,
    tries: 1 + random.below(3),
  }
}

interface Attempt {
  readonly outcome: ListTransaction['outcome']
  readonly operations: readonly ListOperation[]
}

class Lists {
  readonly history: ListTransaction[] = []
  readonly #stage: Stage
  #nextValue = 1

  constructor(stage: Stage) {
    this.#stage = stage
  }

  async perform(client: RecordedClient, task: ListTask): Promise<void> {
    for (let tried = 0; tried < task.tries; tried++) {
      if (tried > 0) await client.pause(RETRY_PAUSE_MS)
      const calledAt = this.#stage.moment()
      const { outcome, operations } = await this.#attempt(client, task)
      const id = this.history.length
      const returnedAt = this.#stage.moment()
      this.history.push({ id, process: client.id, calledAt, returnedAt, outcome, operations })
      // What is unknown is not repeated: that would be another transaction, with another value.
      if (outcome !== 'aborted') return
    }
  }

  async #attempt(client: RecordedClient, { reads, appends }: ListTask): Promise<Attempt> {
    const lists = [...new Set([...reads, ...appends])]
    const keys = lists.map(keyOf)
    const value = this.#nextValue++
    const unread = operationsOf(reads, appends, () => null, value)
    const answer = await client.ask(txnOf([], keys.map(readOf)))
    if (answer.kind !== 'done') return { outcome: 'aborted', operations: unread }
    const found = foundBy(answer.response.txn)
    const texts = new Map(lists.map((list, i) => [list, textIn(found[i])]))
    const seen = operationsOf(reads, appends, list => valuesIn(texts.get(list)!), value)
    // All was read at one revision.
    if (appends.length === 0) return { outcome: 'committed', operations: seen }
    const guards = keys.map((key, i) => unchanged(key, found[i]?.modRevision ?? 0))
    const puts = appends.map(list => putOf(keyOf(list), `${texts.get(list)}${value},`))
    const written = await client.ask(txnOf(guards, puts))
    if (written.kind === 'unknown') return { outcome: 'unknown', operations: unread }
    const isDone = written.kind === 'done' && written.response.txn.succeeded
    return isDone ? { outcome: 'committed', operations: seen } : { outcome: 'aborted', operations: unread }
  }
}

function operationsOf(
  reads: readonly number[],
  appends: readonly number[],
  valuesOf: (list: number) => readonly number[] | null,
  value: number,
): ListOperation[] {
  return [
    ...reads.map((list): ListOperation => ({ kind: 'read', key: keyOf(list), values: valuesOf(list) })),
    ...appends.map((list): ListOperation => ({ kind: 'append', key: keyOf(list), value })),
  ]
}

function keyOf(list: number): string {
  return `list/${list}`
}

/** `1,2,` */
function valuesIn(text: string): number[] {
  return text.split(',').slice(0, -1).map(Number)
}

/**
 * Locks built of transactions, and writes that they guard. A lock is a key: who creates it holds the lock, and the
 * revision of that write is the token. Nobody knows whether a holder is alive, so others take the lock from one who has
 * held it for a while, by overwriting the key that they saw. A write of what is guarded compares the token.
 */
import type { Random } from '../../core/prng.ts'
import { checkFencing } from '../checkers/fencing.ts'
import type { StoreRequest } from '../checkers/history.ts'
import { RETRY_PAUSE_MS } from './limits.ts'
import { type Attempt, LockLedger } from './lock-ledger.ts'
import type { LockTask } from './plan.ts'
import { drawPlan, runProgram } from './program.ts'
import type { Answer, RecordedClient } from './recorded-client.ts'
import { deleteOf, foundBy, putOf, readOf, textIn, txnOf, unchanged } from './requests.ts'
import type { Stage, Workload } from './workload.ts'

const LOCKS = 2
const PATIENCE_MAX = 4
const PAUSES_MS = [0, 0, 20, 1_000]

export const locks: Workload = {
  plan: (random, size) => drawPlan('locks', random, size, () => ({ kind: 'locks', locks: drawTask(random) })),
  start(stage, plan) {
    const program = new Locks(stage)
    return runProgram(
      stage,
      plan,
      () => async (client, task) => {
        if (task.kind === 'locks') await program.perform(client, task.locks)
      },
      () => checkFencing(program.ledger.history).map(({ name, sentence }) => `locks: ${name}: ${sentence}`),
    )
  },
}

function drawTask(random: Random): LockTask {
  return {
    lock: random.below(LOCKS),
    patience: 1 + random.below(PATIENCE_MAX),
    writes: random.below(3),
    pauseMs: PAUSES_MS[random.below(PAUSES_MS.length)]!,
    releases: random.chance(2, 3),
  }
}

type TxnAnswer = Answer<'txn'>

class Locks {
  readonly ledger = new LockLedger()
  readonly #stage: Stage
  #attempts = 0

  constructor(stage: Stage) {
    this.#stage = stage
  }

  async perform(client: RecordedClient, task: LockTask): Promise<void> {
    const { lock, patience, writes, pauseMs, releases } = task
    const token = await this.#acquire(client, lock, patience)
    if (token === undefined) return
    for (let i = 0; i < writes; i++) {
      await client.pause(pauseMs)
      if (!(await this.#write(client, lock, token))) return
    }
    if (releases) await this.#release(client, lock, token)
  }

  /** The token, or undefined if somebody was faster, or nobody tells. */
  async #acquire(client: RecordedClient, lock: number, patience: number): Promise<number | undefined> {
    let holder: number | undefined
    for (let looks = 0; looks < patience; looks++) {
      if (looks > 0) await client.pause(RETRY_PAUSE_MS)
      const answer = await client.ask(txnOf([], [readOf(lockKey(lock)), readOf(guardedKey(lock))]))
      if (answer.kind !== 'done') return undefined
      this.#saw(lock, answer)
      const token = foundBy(answer.response.txn)[0]?.modRevision ?? 0
      // Another has it now: the wait begins anew.
      if (holder !== undefined && token !== holder && token !== 0) looks = 0
      holder = token
      if (token === 0) break
    }
    return this.#enter(client, lock, holder!)
  }

  /** @param holder the token of whoever held it when it was last looked at; 0: nobody. */
  async #enter(client: RecordedClient, lock: number, holder: number): Promise<number | undefined> {
    const attempt = this.#attempt(client)
    const [key, name] = [lockKey(lock), `h${attempt.id}`]
    const answer = await this.#ask(client, attempt, txnOf([unchanged(key, holder)], [putOf(key, name)]))
    if (answer.kind !== 'done' || !answer.response.txn.succeeded) return undefined
    const token = answer.response.txn.header.revision
    this.ledger.acquired(`${lock}`, name, token, attempt)
    return token
  }

  /** False if it is known not to have been done. */
  async #write(client: RecordedClient, lock: number, token: number): Promise<boolean> {
    const attempt = this.#attempt(client)
    const name = `w${attempt.id}`
    const guarded = txnOf([unchanged(lockKey(lock), token)], [putOf(guardedKey(lock), `${token} ${name}`)])
    const answer = await this.#ask(client, attempt, guarded)
    if (answer.kind === 'unknown') return true
    if (answer.kind === 'refused') return false
    const { succeeded, header } = answer.response.txn
    if (succeeded) this.ledger.written(`${lock}`, name, token, header.revision, attempt)
    else this.ledger.refused(`${lock}`, name, token, attempt)
    return succeeded
  }

  async #release(client: RecordedClient, lock: number, token: number): Promise<void> {
    const key = lockKey(lock)
    const answer = await client.ask(txnOf([unchanged(key, token)], [deleteOf(key)]))
    if (answer.kind !== 'done') return
    const { succeeded, header } = answer.response.txn
    if (succeeded) this.ledger.sawNobody(`${lock}`, header.revision)
  }

  /** What others have done, and perhaps were never told of. */
  #saw(lock: number, { response }: Extract<TxnAnswer, { kind: 'done' }>): void {
    const [holder, guarded] = foundBy(response.txn)
    if (holder === undefined) this.ledger.sawNobody(`${lock}`, response.txn.header.revision)
    else this.ledger.sawHolder(`${lock}`, textIn(holder), holder.modRevision)
    if (guarded === undefined) return
    const [token, name] = textIn(guarded).split(' ')
    this.ledger.sawWrite(`${lock}`, name ?? '', Number(token), guarded.modRevision)
  }

  #attempt({ id: client }: RecordedClient): { -readonly [Name in keyof Attempt]: Attempt[Name] } {
    const calledAt = this.#stage.moment()
    return { id: ++this.#attempts, client, calledAt, answeredAt: calledAt }
  }

  async #ask(
    client: RecordedClient,
    attempt: { answeredAt: number },
    request: StoreRequest & { kind: 'txn' },
  ): Promise<TxnAnswer> {
    const answer = await client.ask(request)
    attempt.answeredAt = this.#stage.moment()
    return answer
  }
}

function lockKey(lock: number): string {
  return `lock/${lock}`
}

function guardedKey(lock: number): string {
  return `guarded/${lock}`
}

/** A bank: money moves between accounts by guarded transactions, and whoever looks finds the same total. */
import type { Random } from '../../core/prng.ts'
import { utf8Bytes, utf8Text } from '../../core/utf8.ts'
import { RANGE_DEFAULTS } from '../../wire/etcd/range.ts'
import { type BankRead, checkBank } from '../checkers/bank.ts'
import { RETRY_PAUSE_MS } from './limits.ts'
import type { BankTask } from './plan.ts'
import { drawPlan, runProgram } from './program.ts'
import type { RecordedClient } from './recorded-client.ts'
import { foundBy, putOf, readOf, textIn, txnOf, unchanged, versionIs } from './requests.ts'
import type { Workload } from './workload.ts'

const ACCOUNTS = ['bank/0', 'bank/1', 'bank/2', 'bank/3', 'bank/4']
const BANK = { key: utf8Bytes('bank/'), rangeEnd: utf8Bytes('bank0') }
const OPENING_BALANCE = 100
const TOTAL = ACCOUNTS.length * OPENING_BALANCE

export const bank: Workload = {
  plan: (random, size) => drawPlan('bank', random, size, () => ({ kind: 'bank', bank: drawTask(random) })),
  start(stage, plan) {
    const reads: BankRead[] = []
    return runProgram(
      stage,
      plan,
      () => async (client, task) => {
        if (task.kind === 'bank') await perform(client, task.bank, reads)
      },
      () => checkBank(reads, { accounts: ACCOUNTS, total: TOTAL }).map(({ sentence }) => `bank: ${sentence}`),
    )
  },
}

function drawTask(random: Random): BankTask {
  const from = random.below(ACCOUNTS.length)
  const to = (from + 1 + random.below(ACCOUNTS.length - 1)) % ACCOUNTS.length
  const amount = random.chance(1, 3) ? 0 : 1 + random.below(OPENING_BALANCE)
  return { from, to, amount, serializable: random.chance(1, 2), tries: 1 + random.below(3) }
}

async function perform(client: RecordedClient, task: BankTask, reads: BankRead[]): Promise<void> {
  if (task.amount === 0) return look(client, task.serializable, reads)
  for (let tried = 0; tried < task.tries; tried++) {
    if (tried > 0) await client.pause(RETRY_PAUSE_MS)
    if ((await transfer(client, task)) !== 'again') return
  }
}

/** Nobody has money before the bank opens. */
async function look(client: RecordedClient, serializable: boolean, reads: BankRead[]): Promise<void> {
  const answer = await client.ask({ kind: 'range', range: { ...RANGE_DEFAULTS, ...BANK, serializable } })
  if (answer.kind !== 'done' || answer.response.range.kvs.length === 0) return
  const { kvs } = answer.response.range
  const balances = new Map(kvs.map(({ key, value }) => [utf8Text(key), Number(utf8Text(value))]))
  reads.push({ id: reads.length, balances })
}

/** An unknown outcome ends it: the guards would let nobody do it twice, but whether it was done is not asked. */
async function transfer(client: RecordedClient, { from, to, amount }: BankTask): Promise<'over' | 'again'> {
  const [payer, payee] = [ACCOUNTS[from]!, ACCOUNTS[to]!]
  const answer = await client.ask(txnOf([], [readOf(payer), readOf(payee)]))
  if (answer.kind !== 'done') return 'again'
  const [paying, paid] = foundBy(answer.response.txn)
  if (paying === undefined || paid === undefined) {
    await open(client)
    return 'again'
  }
  const balance = Number(textIn(paying))
  if (balance < amount) return 'over'
  const guards = [unchanged(payer, paying.modRevision), unchanged(payee, paid.modRevision)]
  const puts = [putOf(payer, `${balance - amount}`), putOf(payee, `${Number(textIn(paid)) + amount}`)]
  const written = await client.ask(txnOf(guards, puts))
  if (written.kind === 'unknown') return 'over'
  return written.kind === 'done' && written.response.txn.succeeded ? 'over' : 'again'
}

/** All accounts at once, if nobody has done it. */
async function open(client: RecordedClient): Promise<void> {
  const guards = ACCOUNTS.map(account => versionIs(account, 0))
  await client.ask(
    txnOf(
      guards,
      ACCOUNTS.map(account => putOf(account, `${OPENING_BALANCE}`)),
    ),
  )
}

/**
 * Transactions over registers, as Elle wants them: each reads some and writes others, in one request without a guard,
 * so that every one of them is done, whoever was faster. Every value is written once.
 */
import type { Random } from '../../core/prng.ts'
import type { RequestOp, TxnResponse } from '../checkers/history.ts'
import { checkRegisters, type RegisterTransaction } from '../checkers/rw-register.ts'
import type { RegisterOperation } from '../checkers/transactions.ts'
import { RETRY_PAUSE_MS } from './limits.ts'
import type { RegisterAccess, RegisterTask } from './plan.ts'
import { drawPlan, runProgram } from './program.ts'
import type { RecordedClient } from './recorded-client.ts'
import { putOf, readOf, textIn, txnOf } from './requests.ts'
import type { Stage, Workload } from './workload.ts'

const REGISTERS = 5
const OPERATIONS_MAX = 4

export const registers: Workload = {
  plan: (random, size) =>
    drawPlan('registers', random, size, () => ({ kind: 'registers', registers: drawTask(random) })),
  start(stage, plan) {
    const program = new Registers(stage)
    const running = runProgram(
      stage,
      plan,
      () => async (client, task) => {
        if (task.kind === 'registers') await program.perform(client, task.registers)
      },
      () => checkRegisters(program.history).map(({ sentence }) => `registers: ${sentence}`),
    )
    return Object.assign(running, { transactions: program.history })
  },
}

/** Of one transaction, no key is put twice: etcd refuses that. */
function drawTask(random: Random): RegisterTask {
  const written = new Set<number>()
  const operations = Array.from({ length: 1 + random.below(OPERATIONS_MAX) }, (): RegisterAccess => {
    const register = random.below(REGISTERS)
    const isWrite = random.chance(1, 2) && !written.has(register)
    if (isWrite) written.add(register)
    return { register, isWrite }
  })
  return { operations, tries: 1 + random.below(3) }
}

class Registers {
  readonly history: RegisterTransaction[] = []
  readonly #stage: Stage
  #nextValue = 1

  constructor(stage: Stage) {
    this.#stage = stage
  }

  /** What is unknown is not repeated: that would be another transaction, with other values. */
  async perform(client: RecordedClient, { operations, tries }: RegisterTask): Promise<void> {
    for (let tried = 0; tried < tries; tried++) {
      if (tried > 0) await client.pause(RETRY_PAUSE_MS)
      const calledAt = this.#stage.moment()
      const values = operations.map(() => this.#nextValue++)
      const answer = await client.ask(
        txnOf(
          [],
          operations.map((each, i) => requestOf(each, values[i]!)),
        ),
      )
      const response = answer.kind === 'done' ? answer.response.txn : undefined
      this.history.push({
        id: this.history.length,
        process: client.id,
        calledAt,
        returnedAt: this.#stage.moment(),
        outcome: OUTCOMES[answer.kind],
        operations: operations.map((each, i) => operationOf(each, values[i]!, i, response)),
      })
      if (answer.kind !== 'refused') return
    }
  }
}

const OUTCOMES = { done: 'committed', refused: 'aborted', unknown: 'unknown' } as const

function requestOf({ register, isWrite }: RegisterAccess, value: number): RequestOp {
  return isWrite ? putOf(keyOf(register), `${value}`) : readOf(keyOf(register))
}

function operationOf(
  { register, isWrite }: RegisterAccess,
  value: number,
  at: number,
  response: TxnResponse | undefined,
): RegisterOperation {
  const key = keyOf(register)
  if (isWrite) return { kind: 'write', key, value }
  const found = response?.responses[at]
  if (found?.kind !== 'range') return { kind: 'read', key, value: undefined }
  const [pair] = found.range.kvs
  return { kind: 'read', key, value: pair === undefined ? null : Number(textIn(pair)) }
}

function keyOf(register: number): string {
  return `register/${register}`
}

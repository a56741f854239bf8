/**
 * Histories of transactions that are strictly serializable by construction: each happens at one moment between its call
 * and its return. Some are aborted and leave nothing; of some the outcome is never learned; some happen long after.
 */
import { type Random, randomFromSeed } from '../../core/prng.ts'
import type { ListOperation, RegisterOperation, Transaction, Value } from './transactions.ts'

export interface IdealTransactions {
  readonly processes: number
  readonly transactions: number
  readonly lossPercent: number
}

type AnyOperation = ListOperation | RegisterOperation

/** How a store of one kind is asked and answers. */
interface Kind<Operation extends AnyOperation> {
  read(key: string): Operation
  write(key: string, value: Value): Operation
  /** Executes and says what was found; `state` is changed. */
  execute(operation: Operation, state: Map<string, readonly Value[]>): Operation
}

const LISTS: Kind<ListOperation> = {
  read: key => ({ kind: 'read', key, values: null }),
  write: (key, value) => ({ kind: 'append', key, value }),
  execute(operation, state) {
    const values = state.get(operation.key) ?? []
    if (operation.kind === 'read') return { ...operation, values }
    state.set(operation.key, [...values, operation.value])
    return operation
  },
}

const REGISTERS: Kind<RegisterOperation> = {
  read: key => ({ kind: 'read', key, value: undefined }),
  write: (key, value) => ({ kind: 'write', key, value }),
  execute(operation, state) {
    if (operation.kind === 'read') return { ...operation, value: state.get(operation.key)?.[0] ?? null }
    state.set(operation.key, [operation.value])
    return operation
  },
}

export function idealLists(seed: number, options: IdealTransactions): Transaction<ListOperation>[] {
  return run(randomFromSeed(seed), options, LISTS)
}

export function idealRegisters(seed: number, options: IdealTransactions): Transaction<RegisterOperation>[] {
  return run(randomFromSeed(seed), options, REGISTERS)
}

interface Pending<Operation> {
  readonly process: number
  readonly calledAt: number
  readonly operations: readonly Operation[]
  executed?: readonly Operation[]
}

function run<Operation extends AnyOperation>(
  random: Random,
  { processes, transactions, lossPercent }: IdealTransactions,
  kind: Kind<Operation>,
): Transaction<Operation>[] {
  const history: Transaction<Operation>[] = []
  const state = new Map<string, readonly Value[]>()
  const pending: (Pending<Operation> | undefined)[] = Array.from({ length: processes }, () => undefined)
  const strays: (readonly Operation[])[] = []
  let called = 0
  let values = 0
  let moment = 0
  const execute = (operations: readonly Operation[]) => operations.map(each => kind.execute(each, state))
  const isDrawn = () => random.below(100) < lossPercent
  const make = (): Operation => {
    const key = `k${random.below(3)}`
    return random.chance(1, 2) ? kind.read(key) : kind.write(key, ++values)
  }
  while (called < transactions || pending.some(each => each !== undefined)) {
    moment++
    const stray = random.chance(1, 10) ? strays.shift() : undefined
    if (stray !== undefined) execute(stray)
    const process = random.below(processes)
    const own = pending[process]
    if (own === undefined) {
      if (called++ >= transactions) continue
      const operations = Array.from({ length: 1 + random.below(4) }, make)
      pending[process] = { process, calledAt: moment, operations }
      continue
    }
    const { calledAt, operations, executed } = own
    if (executed === undefined && !isDrawn()) {
      if (!random.chance(1, 15)) {
        own.executed = execute(operations)
        continue
      }
      history.push({
        id: history.length,
        process,
        calledAt,
        returnedAt: moment,
        outcome: 'aborted',
        operations,
      })
    } else if (executed === undefined || isDrawn()) {
      if (executed === undefined) strays.push(operations)
      history.push({
        id: history.length,
        process,
        calledAt,
        returnedAt: moment,
        outcome: 'unknown',
        operations,
      })
    } else {
      const end = { returnedAt: moment, outcome: 'committed' as const, operations: executed }
      history.push({ id: history.length, process, calledAt, ...end })
    }
    pending[process] = undefined
  }
  return history
}

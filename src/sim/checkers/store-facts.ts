/** A history laid out by revision: who surely wrote which, who read at which, and who may have written the others. */
import {
  conditionsOf,
  footprintOf,
  isChange,
  keysNamed,
  mayChange,
  mayHavePut,
  touchedBy,
} from './footprint.ts'
import {
  isLinearizable,
  type KeyValue,
  revisionOf,
  type StoreHistory,
  type StoreOperation,
} from './history.ts'
import { textOf } from './json-codec.ts'
import type { KeyTimelines, Span } from './key-timelines.ts'
import { Problem } from './problem.ts'
import { type Instants, instantsOf } from './real-time.ts'
import { Sightings } from './sightings.ts'

/** What was there before the history began. */
export interface InitialStore {
  readonly revision: number
  readonly kvs: readonly KeyValue[]
  /** -1: never compacted. */
  readonly compacted: number
}

/** etcd's empty store is at revision 1. */
export const EMPTY_STORE: InitialStore = { revision: 1, kvs: [], compacted: -1 }

export interface StoreFacts {
  readonly initial: InitialStore
  /** All of the history, by the instant of the call. */
  readonly operations: readonly StoreOperation[]
  readonly instants: ReadonlyMap<StoreOperation, Instants>
  readonly sightings: Sightings
  /** Acknowledged changes, by their revision. */
  readonly writes: ReadonlyMap<number, StoreOperation>
  /** What was answered and changed nothing, by the revision at which it was. */
  readonly reads: ReadonlyMap<number, readonly StoreOperation[]>
  /** The highest revision that was answered. */
  readonly last: number
  /** Whose outcome nobody knows and who may change something. Also revocations that may have found nothing. */
  readonly unknowns: readonly Unknown[]
  /** Every key that anybody named or saw. */
  readonly keys: readonly string[]
}

export interface Unknown {
  readonly operation: StoreOperation
  readonly touches: readonly Span[]
  readonly footprint: readonly Span[]
  readonly conditions: readonly Span[]
  /** Its revision, if it has one, is higher. */
  readonly floor: number
  /** The only revision that it can have; for revocations that were answered. */
  readonly only: number | undefined
}

/** Throws `Problem` if the operations contradict each other at first sight. */
export function factsOf(history: StoreHistory, initial: InitialStore): StoreFacts {
  const operations = [...history].sort((a, b) => a.calledAt - b.calledAt || a.id - b.id)
  const writes = new Map<number, StoreOperation>()
  const reads = new Map<number, StoreOperation[]>()
  const keys = new Set(initial.kvs.map(kv => textOf(kv.key)))
  let last = initial.revision
  for (const operation of operations) {
    for (const key of keysNamed(operation.request)) keys.add(key)
    if (operation.outcome.kind !== 'done') continue
    const { response } = operation.outcome
    const revision = revisionOf(response)
    if (!Number.isSafeInteger(revision) || revision < (isLinearizable(operation) ? initial.revision : 1)) {
      throw new Problem(`revision ${revision} was answered, the first is ${initial.revision}`, [operation])
    }
    if (revision > last) last = revision
    if (isChange(operation.request, response) === true) {
      const other = writes.get(revision)
      if (other !== undefined) throw new Problem(`revision ${revision} was written twice`, [other, operation])
      writes.set(revision, operation)
    } else {
      const others = reads.get(revision)
      if (others === undefined) reads.set(revision, [operation])
      else others.push(operation)
    }
  }
  const instants = instantsOf(operations, initial.revision)
  const sightings = new Sightings(operations)
  for (const key of sightings.keys) keys.add(key)
  const unknowns = operations.flatMap(operation => unknownOf(operation, instants.get(operation)!.floor))
  return { initial, operations, instants, sightings, writes, reads, last, unknowns, keys: [...keys] }
}

function unknownOf(operation: StoreOperation, floor: number): Unknown[] {
  const { request, outcome } = operation
  if (!mayChange(request) || outcome.kind === 'refused') return []
  const only = outcome.kind === 'done' ? revisionOf(outcome.response) : undefined
  if (outcome.kind === 'done' && isChange(request, outcome.response) !== 'perhaps') return []
  const [touches, footprint, conditions] = [touchedBy(request), footprintOf(request), conditionsOf(request)]
  return [{ operation, touches, footprint, conditions, floor, only }]
}

/** Who may have written a revision that nobody was told of, most likely first. */
export function candidatesOf(facts: StoreFacts, keys: KeyTimelines, revision: number): Unknown[] {
  const { sightings } = facts
  const seen = sightings.at(revision)
  const possible = facts.unknowns.filter(({ operation: { request }, touches, floor, only }) => {
    if (only !== undefined ? only !== revision : floor >= revision) return false
    if (!seen.every(({ key, pair }) => mayHavePut(request, key, pair))) return false
    if (request.kind === 'put') return !sightings.isCounted(touches[0]!.from, revision)
    if (request.kind !== 'deleteRange') return true
    return !keys.keysOf(touches[0]!).some(key => sightings.isAlive(key, revision))
  })
  // Most take effect soon after their call, and in the order of their calls where many in a row were not answered.
  const begin = calledBefore(facts, revision)
  const later = possible.filter(({ operation }) => operation.calledAt >= begin)
  return [...later, ...possible.slice(0, possible.length - later.length).reverse()]
}

/** When the write was called that is known to be the last before a revision. */
function calledBefore({ writes, initial }: StoreFacts, revision: number): number {
  for (let at = revision - 1; at > initial.revision; at--) {
    const write = writes.get(at)
    if (write !== undefined) return write.calledAt
  }
  return Number.NEGATIVE_INFINITY
}

/**
 * Ways to break a history that is right, none of which can come out right again. In one without unknown outcomes the
 * state at every revision is what the acknowledged writes make it, so that any field of any answer that differs is
 * wrong. Those that are `always` wrong need no such certainty.
 */
import type { Random } from '../../core/prng.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import { isChange } from './footprint.ts'
import { isLinearizable, revisionOf, type StoreOperation } from './history.ts'
import { decodeHistory, encodeHistory } from './history-codec.ts'

type Mutable<T> = T extends Uint8Array | bigint ? T : { -readonly [Name in keyof T]: Mutable<T[Name]> }
type Op = Mutable<StoreOperation>
type Pair = {
  key: Uint8Array
  value: Uint8Array
  modRevision: number
  createRevision: number
  version: number
  lease: bigint
}

export interface StoreMutation {
  readonly name: string
  /** Also wrong where outcomes are unknown. */
  readonly always: boolean
  /** Changes the operations; false if there is nothing in them to break. */
  apply(operations: Op[], random: Random): boolean
}

/** A broken copy, or undefined if this mutation finds nothing to break. */
export function mutated(
  history: readonly StoreOperation[],
  mutation: StoreMutation,
  random: Random,
): StoreOperation[] | undefined {
  const operations = decodeHistory(encodeHistory(history)) as Op[]
  return mutation.apply(operations, random) ? (operations as StoreOperation[]) : undefined
}

export const STORE_MUTATIONS: readonly StoreMutation[] = [
  onPair('a value that nobody wrote', true, pair => {
    pair.value = utf8Bytes('nobody wrote this')
  }),
  onPair('a pair that was created after it was changed', true, pair => {
    pair.createRevision = pair.modRevision + 1
  }),
  onPair('one version too many', false, pair => {
    pair.version++
  }),
  onPair('one version too few', false, pair => {
    pair.version--
  }),
  onPair('a wrong create revision', false, pair => {
    pair.createRevision--
  }),
  onPair('a wrong mod revision', false, pair => {
    pair.modRevision--
  }),
  onPair('a wrong lease', false, pair => {
    pair.lease = pair.lease === 7n ? 8n : 7n
  }),
  {
    name: 'a value from another time',
    always: false,
    apply(operations, random) {
      const all = operations.flatMap(pairsOf)
      const broken = pick(
        random,
        all.flatMap(pair =>
          all
            .filter(other => `${other.key}` === `${pair.key}` && `${other.value}` !== `${pair.value}`)
            .map(other => [pair, other] as const),
        ),
      )
      if (broken !== undefined) broken[0].value = broken[1].value
      return broken !== undefined
    },
  },
  on('a missing key', false, op => {
    const range = rangeAnswer(op)
    if (range === undefined || range.kvs.length === 0 || isPartial(op)) return undefined
    return random => {
      range.kvs.splice(random.below(range.kvs.length), 1)
      range.count--
    }
  }),
  on('a key too many', true, op => {
    const range = rangeAnswer(op)
    const [first] = range?.kvs ?? []
    if (range === undefined || first === undefined || isPartial(op)) return undefined
    return () => {
      range.kvs.push({ ...first })
      range.count++
    }
  }),
  on('a wrong count', false, op => {
    const range = rangeAnswer(op)
    return range === undefined ? undefined : () => range.count++
  }),
  on('a count that is not that of its pairs', true, op => {
    const range = rangeAnswer(op)
    return range === undefined || isPartial(op) ? undefined : () => range.count++
  }),
  on('more, where there is no more', true, op => {
    const range = rangeAnswer(op)
    return range === undefined || isPartial(op)
      ? undefined
      : () => {
          range.more = true
        }
  }),
  on('pairs out of order', true, op => {
    const range = rangeAnswer(op)
    if (range === undefined || range.kvs.length < 2 || op.request.kind !== 'range') return undefined
    return op.request.range.sortTarget !== 0 ? undefined : () => range.kvs.reverse()
  }),
  on('no previous pair where there was one', false, op => {
    const response = answer(op)
    if (response?.kind !== 'put' || response.put.prevKv === undefined) return undefined
    return () => {
      response.put.prevKv = undefined
    }
  }),
  on('one deleted too many', false, op => {
    const response = answer(op)
    return response?.kind === 'deleteRange' ? () => response.deleteRange.deleted++ : undefined
  }),
  on('the wrong branch of a transaction', false, op => {
    const response = answer(op)
    return response?.kind !== 'txn'
      ? undefined
      : () => {
          response.txn.succeeded = !response.txn.succeeded
        }
  }),
  {
    name: 'two writes of one revision',
    always: true,
    apply(operations, random) {
      const [one, other] = [pick(random, operations.filter(wrote)), pick(random, operations.filter(wrote))]
      if (one === undefined || other === undefined || one === other) return false
      setRevision(one, revision(other))
      return true
    },
  },
  {
    name: 'the revisions of two writes exchanged',
    always: true,
    apply(operations, random) {
      const writes = operations.filter(wrote)
      const exchanged = pick(
        random,
        writes.flatMap(a => writes.filter(b => comesBefore(a, b)).map(b => [a, b] as const)),
      )
      if (exchanged === undefined) return false
      const [a, b] = exchanged
      const [first, second] = [revision(a), revision(b)]
      setRevision(a, second)
      setRevision(b, first)
      return true
    },
  },
  {
    name: 'a linearizable read of the past',
    always: true,
    apply(operations, random) {
      const stale = pick(
        random,
        operations
          .filter(op => op.request.kind === 'range' && isDone(op) && isLinearizable(op as StoreOperation))
          .map(
            op =>
              [
                op,
                Math.max(0, ...operations.filter(b => comesBefore(b, op) && isDone(b)).map(revision)),
              ] as const,
          )
          .filter(([, floor]) => floor > 2),
      )
      if (stale === undefined) return false
      setRevision(stale[0], stale[1] - 1)
      return true
    },
  },
  {
    name: 'a read of what nobody had asked for yet',
    always: true,
    apply(operations, random) {
      const early = pick(
        random,
        operations
          .filter(op => op.request.kind === 'range' && isDone(op))
          .flatMap(op => operations.filter(b => wrote(b) && comesBefore(op, b)).map(b => [op, b] as const)),
      )
      if (early === undefined) return false
      setRevision(early[0], revision(early[1]))
      return true
    },
  },
  {
    name: 'an acknowledged write that was refused after all',
    always: false,
    apply(operations, random) {
      const last = Math.max(1, ...operations.filter(isDone).map(revision))
      const lost = pick(
        random,
        operations.filter(op => wrote(op) && revision(op) < last),
      )
      if (lost === undefined) return false
      lost.outcome = { kind: 'refused', reason: 'notServed' }
      return true
    },
  },
  {
    name: 'a write that was done twice',
    always: false,
    apply(operations, random) {
      const last = Math.max(1, ...operations.filter(isDone).map(revision))
      const twice = pick(
        random,
        operations.filter(op => wrote(op) && revision(op) < last),
      )
      if (twice === undefined) return false
      const at = revision(twice)
      const shift = (old: number): number => (old > at ? old + 1 : old)
      for (const op of operations.filter(isDone)) {
        setRevision(op, shift(revision(op)))
        for (const pair of pairsOf(op)) {
          pair.modRevision = shift(pair.modRevision)
          pair.createRevision = shift(pair.createRevision)
        }
      }
      return true
    },
  },
  on('a refusal as compacted without reason', false, op => {
    const { request } = op
    if (!isDone(op) || request.kind !== 'range' || request.range.revision <= 0) return undefined
    return () => {
      // Nothing is below the first revision.
      request.range.revision = 1e9
      op.outcome = { kind: 'refused', reason: 'compacted' }
    }
  }),
  {
    name: 'a refusal as in the future of what is past',
    always: true,
    apply(operations, random) {
      const late = pick(
        random,
        operations
          .filter(op => op.request.kind === 'range' && isDone(op) && isLinearizable(op as StoreOperation))
          .map(
            op =>
              [
                op,
                Math.max(0, ...operations.filter(b => comesBefore(b, op) && isDone(b)).map(revision)),
              ] as const,
          )
          .filter(([, floor]) => floor > 1),
      )
      if (late === undefined || late[0].request.kind !== 'range') return false
      late[0].request.range.revision = late[1]
      late[0].outcome = { kind: 'refused', reason: 'futureRevision' }
      return true
    },
  },
]

/** A mutation of one operation: `find` says how to break it, if it can be broken. */
function on(
  name: string,
  always: boolean,
  find: (op: Op) => ((random: Random) => unknown) | undefined,
): StoreMutation {
  return {
    name,
    always,
    apply(operations, random) {
      const broken = pick(
        random,
        operations.flatMap(op => find(op) ?? []),
      )
      broken?.(random)
      return broken !== undefined
    },
  }
}

function onPair(name: string, always: boolean, break_: (pair: Pair) => void): StoreMutation {
  return {
    name,
    always,
    apply(operations, random) {
      const pair = pick(random, operations.flatMap(pairsOf))
      if (pair !== undefined) break_(pair)
      return pair !== undefined
    },
  }
}

function pick<T>(random: Random, from: readonly T[]): T | undefined {
  return from.length === 0 ? undefined : from[random.below(from.length)]
}

function answer(op: Op) {
  return op.outcome.kind === 'done' ? op.outcome.response : undefined
}

function rangeAnswer(op: Op) {
  const response = answer(op)
  return response?.kind === 'range' ? response.range : undefined
}

/** Pairs with their values. */
function pairsOf(op: Op): Pair[] {
  const response = answer(op)
  if (response === undefined) return []
  if (response.kind === 'put') return response.put.prevKv === undefined ? [] : [response.put.prevKv as Pair]
  if (response.kind === 'deleteRange') return response.deleteRange.prevKvs as Pair[]
  if (response.kind !== 'range' || op.request.kind !== 'range' || op.request.range.keysOnly) return []
  return response.range.kvs as Pair[]
}

/** Whether a range need not show every key that it counts. */
function isPartial({ request }: Op): boolean {
  if (request.kind !== 'range') return true
  const { limit, countOnly, minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } =
    request.range
  return (
    limit > 0 ||
    countOnly ||
    [minModRevision, maxModRevision, minCreateRevision, maxCreateRevision].some(Boolean)
  )
}

function isDone(op: Op): boolean {
  return op.outcome.kind === 'done'
}

function revision(op: Op): number {
  const response = answer(op)
  return response === undefined ? 0 : revisionOf(response as Parameters<typeof revisionOf>[0])
}

function setRevision(op: Op, to: number): void {
  const response = answer(op)!
  const { header } = (response as unknown as Record<string, { header: { revision: number } }>)[response.kind]!
  header.revision = to
}

function wrote(op: Op): boolean {
  const { request, outcome } = op as StoreOperation
  return outcome.kind === 'done' && isChange(request, outcome.response) === true
}

function comesBefore(a: Op, b: Op): boolean {
  return a.returnedAt !== undefined && a.returnedAt < b.calledAt
}

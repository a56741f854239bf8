import { describe, expect, test } from 'vitest'
import { EMPTY } from '../../core/bytes.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import { PUT_DEFAULTS } from '../../wire/etcd/put.ts'
import { RANGE_DEFAULTS } from '../../wire/etcd/range.ts'
import type { KeyValue, RangeRequest, StoreOperation, StoreOutcome, StoreRequest } from './history.ts'
import { checkStore } from './store-model.ts'

type Times = readonly [calledAt: number, returnedAt?: number]

function operation(
  [calledAt, returnedAt]: Times,
  request: StoreRequest,
  outcome: StoreOutcome,
): StoreOperation {
  // Nobody waits for anybody else, so that clients are as many as calls.
  const operation = { id: calledAt, client: calledAt, calledAt, request, outcome }
  return returnedAt === undefined ? operation : { ...operation, returnedAt }
}

const header = (revision: number) => ({ clusterId: 1n, memberId: 1n, raftTerm: 1, revision })
const unknown: StoreOutcome = { kind: 'unknown' }
const kv = (key: string, value: string, modRevision: number, version = 1): KeyValue => ({
  key: utf8Bytes(key),
  value: utf8Bytes(value),
  modRevision,
  createRevision: modRevision - version + 1,
  version,
  lease: 0n,
})

/** Without a revision, its outcome is unknown. */
function put(times: Times, key: string, value: string, revision?: number): StoreOperation {
  const request = {
    kind: 'put',
    put: { ...PUT_DEFAULTS, key: utf8Bytes(key), value: utf8Bytes(value) },
  } as const
  if (revision === undefined) return operation(times, request, unknown)
  const response = { kind: 'put', put: { header: header(revision), prevKv: undefined } } as const
  return operation(times, request, { kind: 'done', response })
}

function get(
  times: Times,
  key: string,
  revision: number,
  kvs: readonly KeyValue[],
  options: Partial<RangeRequest> = {},
): StoreOperation {
  const request = { kind: 'range', range: { ...RANGE_DEFAULTS, key: utf8Bytes(key), ...options } } as const
  const range = { header: header(revision), kvs, more: false, count: kvs.length }
  return operation(times, request, { kind: 'done', response: { kind: 'range', range } })
}

function refusedGet(times: Times, revision: number, reason: 'compacted' | 'futureRevision'): StoreOperation {
  const range = { ...RANGE_DEFAULTS, key: utf8Bytes('a'), revision }
  return operation(times, { kind: 'range', range }, { kind: 'refused', reason })
}

function remove(times: Times, key: string, revision?: number, deleted = 1): StoreOperation {
  const deleteRange = { key: utf8Bytes(key), rangeEnd: EMPTY, prevKv: false }
  if (revision === undefined) return operation(times, { kind: 'deleteRange', deleteRange }, unknown)
  const response = {
    kind: 'deleteRange',
    deleteRange: { header: header(revision), deleted, prevKvs: [] },
  } as const
  return operation(times, { kind: 'deleteRange', deleteRange }, { kind: 'done', response })
}

function compact(times: Times, revision: number, at?: number): StoreOperation {
  const request = { kind: 'compact', compact: { revision, physical: false } } as const
  if (at === undefined) return operation(times, request, unknown)
  return operation(times, request, {
    kind: 'done',
    response: { kind: 'compact', compact: { header: header(at) } },
  })
}

/** How many keys there were at an old revision, which tells nothing of their pairs. */
function counted(times: Times, key: string, at: number, count: number, revision: number): StoreOperation {
  const request = {
    kind: 'range',
    range: { ...RANGE_DEFAULTS, key: utf8Bytes(key), countOnly: true, revision },
  } as const
  const range = { header: header(at), kvs: [], more: false, count }
  return operation(times, request, { kind: 'done', response: { kind: 'range', range } })
}

const kindOf = (...history: StoreOperation[]) => checkStore(history).kind

describe('reads', () => {
  test('that overlap a write see it or not; those that are called later see it', () => {
    const write = put([1, 5], 'a', 'x', 2)
    expect(kindOf(write, get([2, 3], 'a', 1, []))).toBe('correct')
    expect(kindOf(write, get([2, 3], 'a', 2, [kv('a', 'x', 2)]))).toBe('correct')
    expect(kindOf(write, get([6, 7], 'a', 1, []))).toBe('wrong')
  })

  test('never go back, also where the write is still under way', () => {
    const write = put([1, 9], 'a', 'x', 2)
    const seen = get([2, 3], 'a', 2, [kv('a', 'x', 2)])
    expect(kindOf(write, seen, get([4, 5], 'a', 1, []))).toBe('wrong')
  })

  test('that are serializable may be old and go back, but what they saw exists from then on', () => {
    const [write, later] = [put([1, 2], 'a', 'x', 2), put([10, 20], 'a', 'y', 3)]
    const local = { serializable: true }
    expect(kindOf(write, get([3, 4], 'a', 1, [], local))).toBe('correct')
    const seen = get([11, 12], 'a', 3, [kv('a', 'y', 3, 2)].map(fixCreate), local)
    expect(kindOf(write, later, seen, get([13, 14], 'a', 1, [], local))).toBe('correct')
    expect(kindOf(write, later, seen, get([13, 14], 'a', 2, [kv('a', 'x', 2)]))).toBe('wrong')
    // Nobody had asked for the write.
    expect(kindOf(write, later, get([3, 4], 'a', 3, [fixCreate(kv('a', 'y', 3, 2))], local))).toBe('wrong')
    // Old, but never as it was.
    expect(kindOf(write, later, get([30, 31], 'a', 2, [kv('a', 'z', 2)], local))).toBe('wrong')
  })

  test('of an old revision see what was there then', () => {
    const history = [put([1, 2], 'a', 'x', 2), remove([3, 4], 'a', 3)]
    expect(kindOf(...history, get([5, 6], 'a', 3, [kv('a', 'x', 2)], { revision: 2 }))).toBe('correct')
    expect(kindOf(...history, get([5, 6], 'a', 3, [], { revision: 2 }))).toBe('wrong')
  })

  /** Created at 2. */
  function fixCreate(pair: KeyValue): KeyValue {
    return { ...pair, createRevision: 2 }
  }
})

describe('a write of unknown outcome', () => {
  test('may be done long after its client gave up, once, or never', () => {
    const [lost, other] = [put([1, 2], 'a', 'x'), put([3, 4], 'b', 'y', 2)]
    expect(kindOf(lost, other, get([5, 6], 'a', 2, []))).toBe('correct')
    expect(kindOf(lost, other, get([5, 6], 'a', 2, []), get([7, 8], 'a', 3, [kv('a', 'x', 3)]))).toBe(
      'correct',
    )
    expect(kindOf(lost, other, get([5, 6], 'a', 4, [{ ...kv('a', 'x', 4, 2), createRevision: 3 }]))).toBe(
      'wrong',
    )
  })

  test('is not done before it was called', () => {
    const seen = get([1, 2], 'b', 2, [])
    expect(kindOf(seen, put([3, 4], 'a', 'x'))).toBe('wrong')
  })

  test('is told from others by what came of it, however late that is seen', () => {
    const lost = [put([1, 2], 'a', 'x'), put([3, 4], 'b', 'x'), remove([5, 6], 'b')]
    const history = (last: StoreOperation) => [...lost, put([7, 8], 'c', 'y', 5), last]
    // Revisions 2 to 4 are of the three in some order; if b is absent, then the removal came after its put.
    expect(kindOf(...history(get([9, 10], 'b', 5, [])))).toBe('correct')
    // A removal of nothing would have used up no revision.
    expect(kindOf(...history(get([9, 10], 'b', 5, [kv('b', 'x', 2)])))).toBe('wrong')
  })

  test('was another than was tried first, which is told by what depends on no later choice', () => {
    const lost = [put([1], 'a', 'x'), put([2], 'b', 'x'), put([10, 11], 'c', 'x', 3), put([12], 'd', 'x')]
    // Who wrote revision 4 is one of two, and not of those who may have written revision 2.
    const history = [...lost, put([13], 'd', 'x'), get([20, 21], 'd', 4, [kv('d', 'x', 4)])]
    expect(checkStore([...history, counted([22, 23], 'a', 4, 1, 3)])).toEqual({ kind: 'correct' })
    expect(checkStore([...history, counted([22, 23], 'b', 4, 1, 3)])).toEqual({ kind: 'correct' })
    expect(kindOf(...history, counted([22, 23], 'f', 4, 1, 3))).toBe('wrong')
  })

  test('among many in a row is told from others by the versions that are seen afterwards', () => {
    const keys = Array.from({ length: 8 }, (_, i) => `k${i}`)
    const before = keys.map((key, i) => put([10 * i + 1, 10 * i + 2], key, 'x', i + 2))
    // Three rounds over all keys, of which eight puts were done, all of the first four keys.
    const lost = Array.from({ length: 24 }, (_, i) => put([100 + i], keys[i % 8]!, 'x'))
    const after = keys.map((key, i) => put([200 + 10 * i, 201 + 10 * i], key, 'y', i + 18))
    const seen = (first: number) =>
      keys.map((key, i) => {
        const version = i === 0 ? first : i < 4 ? 4 : 2
        const pair = { ...kv(key, 'y', i + 18, version), createRevision: i + 2 }
        return get([400 + 2 * i, 401 + 2 * i], key, 25, [pair])
      })
    const verdictOf = (first: number) =>
      checkStore([...before, ...lost, ...after, ...seen(first)], { searchStepsMax: 1_000 }).kind
    expect(verdictOf(4)).toBe('correct')
    // Ten puts among eight.
    expect(verdictOf(12)).toBe('wrong')
  })

  test('that has as many explanations as there are orders can be left undecided', () => {
    const lost = Array.from({ length: 9 }, (_, i) => put([i + 1], `k${i}`, 'x'))
    const all = { rangeEnd: Uint8Array.of(0), countOnly: true }
    const counted = { header: header(10), kvs: [], more: false, count: 9 }
    const read = get([50, 51], 'a', 10, [], all)
    const history = [
      ...lost,
      { ...read, outcome: { kind: 'done', response: { kind: 'range', range: counted } } } as const,
    ]
    expect(checkStore(history)).toEqual({ kind: 'correct' })
    expect(checkStore(history, { searchStepsMax: 5 })).toEqual({ kind: 'undecided' })
  })
})

describe('compaction', () => {
  const writes = [put([1, 2], 'a', 'x', 2), put([3, 4], 'b', 'x', 3), put([5, 6], 'c', 'x', 4)]

  test('refuses what is older, from some moment between its call and its return', () => {
    const compaction = compact([10, 20], 3, 4)
    const answered = (times: Times) => get(times, 'a', 4, [kv('a', 'x', 2)], { revision: 2 })
    expect(kindOf(...writes, compaction, answered([11, 12]), refusedGet([13, 14], 2, 'compacted'))).toBe(
      'correct',
    )
    expect(kindOf(...writes, compaction, answered([21, 22]))).toBe('wrong')
    expect(kindOf(...writes, compaction, refusedGet([8, 9], 2, 'compacted'))).toBe('wrong')
    expect(kindOf(...writes, compaction, refusedGet([11, 12], 2, 'compacted'), answered([13, 14]))).toBe(
      'wrong',
    )
    expect(kindOf(...writes, compaction, refusedGet([21, 22], 3, 'compacted'))).toBe('wrong')
  })

  test('is passed by whoever is at a later revision, also a member that lags', () => {
    const later = put([21, 22], 'd', 'x', 5)
    const local = { revision: 2, serializable: true }
    const history = [...writes, compact([10, 20], 3, 4), later]
    expect(kindOf(...history, get([30, 31], 'a', 4, [kv('a', 'x', 2)], local))).toBe('correct')
    expect(kindOf(...history, get([30, 31], 'a', 5, [kv('a', 'x', 2)], local))).toBe('wrong')
  })

  test('may have happened if its outcome is unknown', () => {
    expect(kindOf(...writes, compact([10, 11], 3), refusedGet([20, 21], 2, 'compacted'))).toBe('correct')
    const answered = get([20, 21], 'a', 4, [kv('a', 'x', 2)], { revision: 2 })
    expect(kindOf(...writes, compact([10, 11], 3), answered)).toBe('correct')
  })

  test('never goes back, and is not done twice', () => {
    expect(kindOf(...writes, compact([10, 11], 3, 4), compact([12, 13], 2, 4))).toBe('wrong')
    expect(kindOf(...writes, compact([10, 13], 3, 4), compact([11, 12], 3, 4))).toBe('wrong')
    expect(kindOf(...writes, compact([10, 11], 5, 4))).toBe('wrong')
  })

  test('a refusal of the future is of the future', () => {
    expect(kindOf(...writes, refusedGet([10, 11], 5, 'futureRevision'))).toBe('correct')
    expect(kindOf(...writes, refusedGet([10, 11], 4, 'futureRevision'))).toBe('wrong')
  })
})

test('what was read of the past takes back a guess, though the present says all of the key', () => {
  const history = [
    put([1, 2], 'a', 'x', 2),
    remove([3], 'a'),
    put([4], 'b', 'y'),
    put([5], 'c', 'y'),
    put([6, 7], 'a', 'z', 5),
    put([8, 9], 'd', 'x', 7),
    get([10, 11], 'a', 7, [kv('a', 'z', 5)]),
    // So revision 6 was this; and one of 3 and 4 deleted `a`.
    get([12, 13], 'c', 7, [kv('c', 'y', 6)]),
  ]
  expect(kindOf(...history, counted([14, 15], 'a', 7, 0, 3))).toBe('correct')
  expect(kindOf(...history, counted([14, 15], 'a', 7, 1, 3))).toBe('correct')
  expect(kindOf(...history, counted([14, 15], 'a', 7, 1, 4))).toBe('wrong')
})

test('what pairs tell of their past must fit together, whoever wrote it', () => {
  const seen = (at: number, mod: number, create: number, version: number) =>
    get([10 * at, 10 * at + 1], 'a', at, [{ ...kv('a', 'x', mod, version), createRevision: create }])
  const kindWithOthers = (...history: StoreOperation[]) => checkStore(history, { others: true }).kind
  expect(kindWithOthers(seen(6, 5, 2, 2), seen(9, 8, 2, 3))).toBe('correct')
  expect(kindWithOthers(seen(6, 5, 2, 2), seen(9, 8, 7, 2))).toBe('correct')
  expect(kindWithOthers(seen(6, 5, 2, 2), seen(9, 8, 2, 2))).toBe('wrong')
  expect(kindWithOthers(seen(6, 5, 2, 2), seen(9, 8, 2, 6))).toBe('wrong')
  expect(kindWithOthers(seen(6, 5, 2, 2), seen(9, 8, 4, 3))).toBe('wrong')
  expect(kindWithOthers(seen(8, 5, 2, 2), seen(9, 7, 2, 3))).toBe('wrong')
})

test('the verdict is the shortest part that is wrong, a line an operation', () => {
  const others = Array.from({ length: 40 }, (_, i) => put([10 * i + 1, 10 * i + 2], `k${i}`, 'x', i + 2))
  const verdict = checkStore([...others, get([500, 501], 'k7', 41, [kv('k7', 'y', 9)])])
  expect(verdict).toMatchObject({ kind: 'wrong' })
  expect(verdict.kind === 'wrong' ? verdict.report.split('\n') : []).toEqual([
    '"k7" was seen with mod revision 9, create revision 9, version 1, value "y", but revision 9 wrote mod revision 9, value "x"',
    '#71 client 71 [71, 72] put "k7" = "x" -> revision 9',
    '#500 client 500 [500, 501] range "k7" -> revision 41, ["k7" = "y" (mod 9, create 9, version 1)] of 1',
  ])
})

test('what nobody can have written accuses whoever saw it', () => {
  const verdict = checkStore([put([1, 2], 'a', 'x', 2), get([3, 4], 'b', 3, [])])
  expect(verdict).toMatchObject({ kind: 'wrong', operations: [{ id: 3 }] })
})

test('a revocation that was answered deletes the keys of its lease, or found none', () => {
  const leased = { ...put([1, 2], 'a', 'x', 2) }
  const request = {
    kind: 'put',
    put: { ...PUT_DEFAULTS, key: utf8Bytes('a'), value: utf8Bytes('x'), lease: 7n },
  } as const
  const revoke = (at: number) =>
    operation(
      [3, 4],
      { kind: 'leaseRevoke', leaseRevoke: { id: 7n } },
      {
        kind: 'done',
        response: { kind: 'leaseRevoke', leaseRevoke: { header: header(at) } },
      },
    )
  expect(kindOf({ ...leased, request }, revoke(3), get([5, 6], 'a', 3, []))).toBe('correct')
  expect(kindOf({ ...leased, request }, revoke(2))).toBe('wrong')
  expect(kindOf(leased, revoke(2), get([5, 6], 'a', 2, [kv('a', 'x', 2)]))).toBe('correct')
})

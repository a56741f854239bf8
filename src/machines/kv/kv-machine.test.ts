/** The sentences of etcd's v3 semantics that are about changing the store. */
import { describe, expect, test } from 'vitest'
import {
  bytes,
  compact,
  compareOf,
  get,
  grant,
  pairs,
  put,
  read,
  remove,
  text,
  txnOf,
} from '../../../test/harness/kv-operations.ts'
import { KvReplica } from '../../../test/harness/kv-replica.ts'
import { compactedRevision, currentRevision } from './revisions.ts'
import {
  CompareResult,
  CompareTarget,
  type KvRefusal,
  type KvResult,
  type ResponseOperation,
  type TxnResult,
} from './types.ts'

const { equal, greater, less, notEqual } = CompareResult
const { version, create, mod, value, lease } = CompareTarget

const LEASE = 77n

function withLease(): KvReplica {
  const replica = new KvReplica()
  replica.apply(grant(LEASE))
  return replica
}

function filled(...keys: string[]): KvReplica {
  const replica = withLease()
  replica.applyAll(keys.map(key => put(key, `value of ${key}`)))
  return replica
}

function refused(reason: KvRefusal): KvResult {
  return { kind: 'refused', reason }
}

/** The only key-value pair of that key. */
function one(replica: KvReplica, key: string) {
  return read(replica.store, key).kvs[0]
}

function succeeded(result: KvResult): TxnResult {
  if (result.kind !== 'txn') throw new Error(`not a transaction: ${result.kind}`)
  return result.txn
}

function kvsOf(response: ResponseOperation | undefined): string[] {
  return response?.kind === 'range' ? pairs(response.range.kvs) : []
}

describe('revisions', () => {
  test('an empty store has revision 1, and was never compacted', () => {
    const { store } = new KvReplica()
    expect(currentRevision(store)).toBe(1)
    expect(compactedRevision(store)).toBe(-1)
  })

  test('the first write gets revision 2, and each write after it the next', () => {
    const replica = new KvReplica()
    const results = replica.applyAll([put('a'), put('b'), put('a')])
    expect(results.map(result => result.kind === 'put' && result.put.revision)).toEqual([2, 3, 4])
    expect(currentRevision(replica.store)).toBe(4)
  })

  test('a restart forgets nothing', () => {
    const replica = filled('a', 'b')
    replica.apply(compact(2))
    replica.restart()
    expect(replica.apply(put('a'))).toMatchObject({ put: { revision: 4 } })
    expect(replica.apply(compact(2))).toEqual(refused('compacted'))
  })
})

describe('put', () => {
  test('the version counts from 1, and the create revision stays', () => {
    const replica = filled('a')
    replica.applyAll([put('a', 'x'), put('b'), put('a', 'y')])
    expect(one(replica, 'a')).toMatchObject({ version: 3, createRevision: 2, modRevision: 5 })
  })

  test('deleting resets both', () => {
    const replica = filled('a', 'a', 'a')
    replica.applyAll([remove('a'), put('a')])
    expect(one(replica, 'a')).toMatchObject({ version: 1, createRevision: 6, modRevision: 6 })
  })

  test('prev_kv answers with what was there, and with nothing if nothing was', () => {
    const replica = new KvReplica()
    expect(replica.apply(put('a', 'x', { prevKv: true }))).toEqual({
      kind: 'put',
      put: { revision: 2, prevKv: undefined },
    })
    const before = one(replica, 'a')
    expect(replica.apply(put('a', 'y', { prevKv: true }))).toMatchObject({ put: { prevKv: before } })
  })

  test('a lease that does not exist refuses the put', () => {
    const replica = withLease()
    expect(replica.apply(put('a', 'x', { lease: 78n }))).toEqual(refused('leaseNotFound'))
    expect(replica.apply(put('a', 'x', { lease: LEASE }))).toMatchObject({ kind: 'put' })
    expect(currentRevision(replica.store)).toBe(2)
  })

  test('no lease exists before one is granted', () => {
    expect(new KvReplica().apply(put('a', 'x', { lease: 1n }))).toEqual(refused('leaseNotFound'))
  })

  test('a put without a lease detaches the old one', () => {
    const replica = withLease()
    replica.apply(put('a', 'x', { lease: LEASE }))
    expect(one(replica, 'a')?.lease).toBe(LEASE)
    replica.apply(put('a', 'y'))
    expect(one(replica, 'a')?.lease).toBe(0n)
  })

  test('ignore_value keeps the value, ignore_lease the lease', () => {
    const replica = withLease()
    replica.apply(put('a', 'x', { lease: LEASE }))
    replica.apply(put('a', '', { ignoreValue: true, lease: LEASE }))
    replica.apply(put('a', 'y', { ignoreLease: true }))
    expect(one(replica, 'a')).toMatchObject({ value: bytes('y'), lease: LEASE, version: 3 })
    replica.apply(put('a', '', { ignoreValue: true }))
    expect(one(replica, 'a')).toMatchObject({ value: bytes('y'), lease: 0n })
  })

  test('either of them refuses a key that is missing', () => {
    const replica = filled('a')
    replica.apply(remove('a'))
    expect(replica.apply(put('a', '', { ignoreValue: true }))).toEqual(refused('keyNotFound'))
    expect(replica.apply(put('b', 'x', { ignoreLease: true }))).toEqual(refused('keyNotFound'))
    expect(currentRevision(replica.store)).toBe(3)
  })

  test('the store keeps its own copy of what a command holds', () => {
    const replica = new KvReplica()
    const batch = replica.store.batch()
    batch.commit()
    const large = 'x'.repeat(10_000)
    replica.applyAll([put('a', 'x'), put('b', large)])
    expect(pairs(read(replica.store, 'a', '\0').kvs)).toEqual(['a=x', `b=${large}`])
  })
})

describe('delete range', () => {
  test('deleting nothing does not use up a revision', () => {
    const replica = filled('a')
    const nothing = { kind: 'deleteRange', deleteRange: { revision: 2, deleted: 0, prevKvs: [] } }
    expect(replica.apply(remove('b', 'z'))).toEqual(nothing)
    expect(currentRevision(replica.store)).toBe(2)
  })

  test('all keys of a range go at one revision, and prev_kv answers with them in key order', () => {
    const replica = filled('c', 'a', 'b', 'd')
    const result = replica.apply(remove('a', 'd', true))
    expect(result).toMatchObject({ deleteRange: { revision: 6, deleted: 3 } })
    const prevKvs = result.kind === 'deleteRange' ? result.deleteRange.prevKvs : []
    expect(pairs(prevKvs)).toEqual(['a=value of a', 'b=value of b', 'c=value of c'])
    expect(pairs(read(replica.store, 'a', '\0').kvs)).toEqual(['d=value of d'])
  })

  test('a zero byte as range end deletes to the end, an inverted range nothing', () => {
    const replica = filled('a', 'b', 'c')
    expect(replica.apply(remove('c', 'a'))).toMatchObject({ deleteRange: { deleted: 0 } })
    expect(replica.apply(remove('b', '\0'))).toMatchObject({ deleteRange: { deleted: 2 } })
    expect(read(replica.store, '\0', '\0').count).toBe(1)
  })
})

describe('txn', () => {
  test('all comparisons must hold, and none at all hold', () => {
    const replica = filled('a')
    const holds = compareOf('a', version, equal, 1)
    const fails = compareOf('a', version, equal, 2)
    const outcome = (compares: (typeof holds)[]) => succeeded(replica.apply(txnOf(compares, []))).succeeded
    expect([outcome([]), outcome([holds, holds]), outcome([holds, fails])]).toEqual([true, true, false])
  })

  test.each([
    ['version', version, 3],
    ['create revision', create, 2],
    ['mod revision', mod, 4],
    ['value', value, 'm'],
    ['lease', lease, LEASE],
  ] as const)('the %s compares as equal, greater, less and unequal', (_, target, is) => {
    const replica = withLease()
    replica.applyAll([put('a'), put('a'), put('a', 'm', { lease: LEASE })])
    const below = typeof is === 'number' ? is - 1 : typeof is === 'bigint' ? is - 1n : 'l'
    const above = typeof is === 'number' ? is + 1 : typeof is === 'bigint' ? is + 1n : 'ma'
    const holds = (result: number, to: number | bigint | string) =>
      succeeded(replica.apply(txnOf([compareOf('a', target, result, to)], []))).succeeded
    const table = [equal, greater, less, notEqual].map(result =>
      [below, is, above].map(to => holds(result, to)),
    )
    expect(table).toEqual([
      [false, true, false],
      [true, false, false],
      [false, false, true],
      [true, false, true],
    ])
  })

  test('a missing key compares as zeros', () => {
    const replica = new KvReplica()
    const zeros = [version, create, mod].map(target => compareOf('a', target, equal, 0))
    zeros.push(compareOf('a', lease, equal, 0n))
    expect(succeeded(replica.apply(txnOf(zeros, []))).succeeded).toBe(true)
  })

  test('the value of a missing key compares as false, even as unequal', () => {
    const replica = new KvReplica()
    for (const result of [equal, greater, less, notEqual]) {
      const compare = compareOf('a', value, result, '')
      expect(succeeded(replica.apply(txnOf([compare], []))).succeeded).toBe(false)
    }
  })

  test('with a range end, every key of the range must fulfil it; an empty range counts as a missing key', () => {
    const replica = filled('a', 'b', 'b')
    const holds = (target: number, to: number | string, from: string, end: string) =>
      succeeded(replica.apply(txnOf([compareOf(from, target, equal, to, end)], []))).succeeded
    expect(holds(version, 1, 'a', 'b')).toBe(true)
    expect(holds(version, 1, 'a', 'c')).toBe(false)
    expect(holds(version, 0, 'x', 'z')).toBe(true)
    expect(holds(version, 1, 'x', 'z')).toBe(false)
    expect(holds(value, '', 'x', '\0')).toBe(false)
  })

  test('the branch that was not taken leaves no trace', () => {
    const replica = filled('a')
    const result = replica.apply(txnOf([compareOf('a', version, equal, 9)], [put('x')], [put('y')]))
    expect(succeeded(result)).toMatchObject({ succeeded: false, revision: 3 })
    expect(read(replica.store, 'x', '\0').kvs.map(({ key }) => text(key))).toEqual(['y'])
  })

  test('reads see earlier writes of the same transaction, and only those', () => {
    const replica = filled('a')
    const all = get('a', '\0')
    const result = succeeded(
      replica.apply(txnOf([], [all, put('b', '1'), all, txnOf([], [put('c', '2'), all]), remove('a'), all])),
    )
    expect(kvsOf(result.responses[0])).toEqual(['a=value of a'])
    expect(kvsOf(result.responses[2])).toEqual(['a=value of a', 'b=1'])
    const nested = result.responses[3]
    expect(kvsOf(nested?.kind === 'txn' ? nested.txn.responses[1] : undefined)).toEqual([
      'a=value of a',
      'b=1',
      'c=2',
    ])
    expect(kvsOf(result.responses[5])).toEqual(['b=1', 'c=2'])
  })

  test('a read at an older revision sees none of them', () => {
    const replica = filled('a')
    const result = succeeded(replica.apply(txnOf([], [put('a', 'new'), get('a', '', { revision: 2 })])))
    expect(kvsOf(result.responses[1])).toEqual(['a=value of a'])
  })

  test('all writes share one revision, nested ones included', () => {
    const replica = filled('a')
    const result = succeeded(replica.apply(txnOf([], [put('b'), txnOf([], [put('c')]), remove('a')])))
    expect(result.revision).toBe(3)
    expect(read(replica.store, 'a', '\0').kvs.map(({ modRevision }) => modRevision)).toEqual([3, 3])
    expect(currentRevision(replica.store)).toBe(3)
  })

  test('one that changes nothing uses up no revision', () => {
    const replica = filled('a')
    const result = replica.apply(txnOf([], [get('a'), remove('x'), txnOf([], [remove('y')])]))
    expect(succeeded(result).revision).toBe(2)
    expect(currentRevision(replica.store)).toBe(2)
  })

  test('inner responses carry the revision as of then, a nested transaction none', () => {
    const replica = filled('a')
    const { responses } = succeeded(
      replica.apply(txnOf([], [get('a'), remove('x'), put('b'), get('a'), remove('x'), txnOf([], [])])),
    )
    const revisions = responses.map(response => {
      const result = Object.entries(response).find(([name]) => name === response.kind)?.[1]
      return (result as { revision: number }).revision
    })
    expect(revisions).toEqual([2, 2, 3, 3, 3, 0])
  })

  test('comparisons of nested transactions see the state before the whole transaction', () => {
    const replica = new KvReplica()
    const isThere = compareOf('a', version, greater, 0)
    const result = succeeded(replica.apply(txnOf([], [put('a'), txnOf([isThere], [put('b')], [put('c')])])))
    expect(result.responses[1]).toMatchObject({ txn: { succeeded: false } })
    expect(read(replica.store, 'a', '\0').kvs.map(({ key }) => text(key))).toEqual(['a', 'c'])
  })

  test('what one operation refuses refuses all, and nothing happened', () => {
    const replica = filled('a')
    replica.apply(put('a'))
    replica.apply(compact(3))
    const cases: [ReturnType<typeof put> | ReturnType<typeof get>, KvRefusal][] = [
      [put('x', '', { lease: 5n }), 'leaseNotFound'],
      [put('x', '', { ignoreValue: true }), 'keyNotFound'],
      [get('a', '', { revision: 4 }), 'futureRevision'],
      [get('a', '', { revision: 2 }), 'compacted'],
      [get('a', '', { revision: -1 }), 'compacted'],
    ]
    for (const [bad, reason] of cases) {
      expect(replica.apply(txnOf([], [put('y'), txnOf([], [bad])]))).toEqual(refused(reason))
    }
    expect(currentRevision(replica.store)).toBe(3)
    expect(read(replica.store, 'y').count).toBe(0)
  })

  test('what would refuse the branch that is not taken does not matter', () => {
    const replica = filled('a')
    const fails = compareOf('a', version, equal, 0)
    expect(succeeded(replica.apply(txnOf([fails], [put('x', '', { lease: 5n })]))).succeeded).toBe(false)
  })

  test('a key may come and go within one transaction, and the last change counts', () => {
    const replica = filled('a')
    replica.apply(txnOf([], [txnOf([], [put('k', '1')]), txnOf([], [remove('k')])]))
    expect(read(replica.store, 'k').count).toBe(0)
    replica.apply(txnOf([], [remove('a', '\0'), put('k', '2')]))
    replica.apply(put('k', '3'))
    expect(one(replica, 'k')).toMatchObject({ version: 2, createRevision: 4 })
    expect(pairs(read(replica.store, 'a', '\0', { revision: 4 }).kvs)).toEqual(['k=2'])
    expect(read(replica.store, 'a', '\0', { revision: 3 }).count).toBe(1)
    replica.apply(compact(4))
    replica.sweepAll()
    expect(pairs(read(replica.store, 'a', '\0', { revision: 4 }).kvs)).toEqual(['k=2'])
  })
})

describe('compact', () => {
  test('at or below what is compacted, or in the future, it is refused', () => {
    const replica = filled('a', 'b', 'c')
    expect(replica.apply(compact(5))).toEqual(refused('futureRevision'))
    expect(replica.apply(compact(3))).toEqual({ kind: 'compact', compact: { revision: 4 } })
    expect(replica.apply(compact(3))).toEqual(refused('compacted'))
    expect(replica.apply(compact(2))).toEqual(refused('compacted'))
    expect(compactedRevision(replica.store)).toBe(3)
  })

  test('a store that was never compacted may be compacted at 0, not below', () => {
    const replica = new KvReplica()
    expect(replica.apply(compact(-1))).toEqual(refused('compacted'))
    expect(replica.apply(compact(0))).toMatchObject({ kind: 'compact' })
    expect(replica.apply(compact(0))).toEqual(refused('compacted'))
  })
})

describe('commands that this version cannot read', () => {
  test('are refused, and those around them are applied', () => {
    const replica = new KvReplica()
    const unknown = [[], [2, 1], [1, 9], [1, 1, 0xff], [1]].map(code => Uint8Array.from(code))
    const results = replica.applyBytes(unknown)
    expect(results).toEqual(unknown.map(() => refused('unknownCommand')))
    expect(replica.apply(put('a'))).toMatchObject({ put: { revision: 2 } })
  })
})

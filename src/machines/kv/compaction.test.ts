/** Compaction and sweeping: what is left, and that nobody notices when. */
import { expect, test } from 'vitest'
import { compact, pairs, put, read, remove, text, txnOf } from '../../../test/harness/kv-operations.ts'
import { KvReplica } from '../../../test/harness/kv-replica.ts'
import { StrictStore } from '../../../test/harness/strict-store.ts'
import { ChangeCursor } from './changes.ts'
import { stateHash } from './state-hash.ts'
import { ALL_TABLES } from './store-keys.ts'

/** `revision key`, with a minus for deletions, of everything that is kept. */
function kept(replica: KvReplica, from = 0): string[] {
  const cursor = new ChangeCursor(replica.store, from)
  const found: string[] = []
  for (let change = cursor.next(); change !== undefined; change = cursor.next()) {
    found.push(`${change.revision.main} ${change.deleted ? '-' : ''}${text(change.kv.key)}`)
  }
  return found
}

function livePairs(replica: KvReplica): string[] {
  const isLive = replica.machine.isLive(replica.store)
  const cursor = replica.store.scan(ALL_TABLES)
  const found: string[] = []
  while (cursor.next()) {
    if (!isLive(cursor.key, cursor.value)) continue
    found.push(`${Buffer.from(cursor.key).toString('hex')}=${Buffer.from(cursor.value).toString('hex')}`)
  }
  return found
}

function size(replica: KvReplica): number {
  return replica.store.count(ALL_TABLES)
}

/** Revisions 2 to 7: a, b, a, -b, c, a. */
function filled(): KvReplica {
  const replica = new KvReplica()
  replica.applyAll([put('a', '2'), put('b', '3'), put('a', '4'), remove('b'), put('c', '6'), put('a', '7')])
  return replica
}

test.each([
  [2, ['2 a', '3 b', '4 a', '5 -b', '6 c', '7 a']],
  [3, ['2 a', '3 b', '4 a', '5 -b', '6 c', '7 a']],
  [4, ['3 b', '4 a', '5 -b', '6 c', '7 a']],
  [5, ['4 a', '5 -b', '6 c', '7 a']],
  [6, ['4 a', '6 c', '7 a']],
  [7, ['6 c', '7 a']],
])(
  'compacted at %i, each key keeps the newest up to there, a tombstone only of then itself',
  (revision, expected) => {
    const replica = filled()
    replica.apply(compact(revision))
    replica.sweepAll()
    expect(kept(replica)).toEqual(expected)
  },
)

test('a tombstone at the compacted revision itself stays, for watches from there', () => {
  const replica = filled()
  replica.apply(compact(5))
  replica.sweepAll()
  expect(kept(replica, 5)).toEqual(['5 -b', '6 c', '7 a'])
  expect(read(replica.store, 'b', '', { revision: 5 }).count).toBe(0)
  replica.apply(compact(6))
  replica.sweepAll()
  expect(kept(replica)).toEqual(['4 a', '6 c', '7 a'])
})

test('values that were deleted last give their room back to a compaction up to now', () => {
  const replica = new KvReplica()
  replica.applyAll([put('a', 'x'.repeat(1_000)), put('b', 'x'.repeat(1_000)), remove('a', 'c')])
  replica.apply(compact(4))
  replica.sweepAll()
  expect(kept(replica)).toEqual(['4 -a', '4 -b'])
  replica.applyAll([put('c'), compact(5)])
  replica.sweepAll()
  expect(kept(replica)).toEqual(['5 c'])
  // The record and the head of c, the current and the compacted revision.
  expect(size(replica)).toBe(4)
})

test('all changes of the compacted revision stay, those of one key as well', () => {
  const replica = new KvReplica()
  replica.apply(put('a'))
  replica.apply(txnOf([], [txnOf([], [put('k')]), txnOf([], [remove('k')]), put('a')]))
  replica.apply(compact(3))
  replica.sweepAll()
  expect(kept(replica, 3)).toEqual(['3 k', '3 -k', '3 a'])
})

test('a key that was deleted before leaves nothing behind', () => {
  const replica = new KvReplica()
  replica.applyAll([put('a'), put('a'), remove('a'), put('b')])
  replica.apply(compact(5))
  replica.sweepAll()
  expect(kept(replica)).toEqual(['5 b'])
  // The record and the head of b, the current and the compacted revision.
  expect(size(replica)).toBe(4)
})

test('what is swept does not grow with the keys that exist', () => {
  const replica = new KvReplica()
  replica.applyAll(Array.from({ length: 500 }, (_, i) => put(`k${i}`)))
  replica.apply(put('k0'))
  replica.apply(compact(502))
  expect(replica.sweep(10)).toBe(false)
  expect(kept(replica)).toHaveLength(500)
})

test('readers do not notice how far sweeping is', () => {
  const replica = new KvReplica()
  for (let i = 0; i < 60; i++) replica.apply(i % 7 === 6 ? remove(`k${i % 5}`) : put(`k${i % 5}`, String(i)))
  const revisions = Array.from({ length: 22 }, (_, i) => 40 + i)
  const reads = () => revisions.map(revision => read(replica.store, 'a', 'z', { revision }))
  const before = reads()
  replica.apply(compact(40))
  let slices = 0
  do {
    expect(reads()).toEqual(before)
    slices++
  } while (replica.sweep(1))
  expect(reads()).toEqual(before)
  expect(slices).toBeGreaterThan(10)
})

test('replicas that sweep at their own pace have the same live pairs and the same hash', () => {
  const commands = Array.from({ length: 300 }, (_, i) => {
    if (i % 50 === 49) return compact(i - 20)
    return i % 9 === 8 ? remove(`k${i % 4}`, `k${(i % 4) + 2}`) : put(`k${i % 11}`, String(i))
  })
  const lazy = new KvReplica()
  const eager = new KvReplica()
  const slow = new KvReplica()
  for (const [i, command] of commands.entries()) {
    for (const replica of [lazy, eager, slow]) replica.apply(command)
    eager.sweepAll()
    slow.sweep(3)
    if (i % 10 !== 0) continue
    expect(livePairs(slow)).toEqual(livePairs(eager))
    expect(livePairs(lazy)).toEqual(livePairs(eager))
    expect(stateHash(lazy.store)).toBe(stateHash(eager.store))
    expect(stateHash(slow.store)).toBe(stateHash(eager.store))
  }
  expect(size(lazy)).toBeGreaterThan(size(slow))
  expect(size(slow)).toBeGreaterThan(size(eager))
  expect(livePairs(eager)).toHaveLength(size(eager))
})

test('a snapshot of the live pairs is a whole replica with nothing to sweep', () => {
  const replica = filled()
  replica.apply(compact(6))
  replica.sweep(1)
  const copy = new StrictStore()
  const batch = copy.batch()
  const isLive = replica.machine.isLive(replica.store)
  const cursor = replica.store.scan({ from: new Uint8Array() })
  while (cursor.next()) if (isLive(cursor.key, cursor.value)) batch.put(cursor.key, cursor.value)
  batch.commit()
  const other = new KvReplica(copy)
  expect(other.sweep()).toBe(false)
  expect(stateHash(other.store)).toBe(stateHash(replica.store))
  replica.sweepAll()
  expect(size(other)).toBe(size(replica))
  for (const each of [replica, other]) expect(each.apply(put('z'))).toMatchObject({ put: { revision: 8 } })
  expect(stateHash(other.store)).toBe(stateHash(replica.store))
})

test('sweeping goes on after a restart, and after a compaction that came meanwhile', () => {
  const replica = new KvReplica()
  const commands = (from: number) => Array.from({ length: 40 }, (_, i) => put(`k${i % 8}`, String(from + i)))
  replica.applyAll(commands(0))
  replica.apply(compact(30))
  replica.sweep(20)
  replica.restart()
  replica.applyAll(commands(40))
  replica.apply(compact(81))
  replica.sweep(20)
  replica.restart()
  replica.sweepAll()
  expect(kept(replica)).toEqual(Array.from({ length: 8 }, (_, i) => `${74 + i} k${i}`))
  expect(size(replica)).toBe(8 + 8 + 2)
  expect(pairs(read(replica.store, 'k0').kvs)).toEqual(['k0=72'])
})

test('a machine with nothing to sweep says so, and writes nothing', () => {
  const replica = filled()
  const before = size(replica)
  expect(replica.sweep()).toBe(false)
  expect(size(replica)).toBe(before)
})

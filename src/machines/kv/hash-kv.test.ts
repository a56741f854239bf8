/** HashKV against values that a real etcd 3.4.23 gave for the same history. */
import { expect, test } from 'vitest'
import { compact, grant, put, remove, txnOf } from '../../../test/harness/kv-operations.ts'
import { KvReplica } from '../../../test/harness/kv-replica.ts'
import { crc32c } from '../../core/crc32c.ts'
import { HashKvCursor, type HashOutcome, hashKv } from './hash-kv.ts'

function hash(outcome: HashOutcome): number | string {
  return outcome.kind === 'hash' ? outcome.hash.hash : outcome.reason
}

test('an empty store hashes to the checksum of the word key', () => {
  expect(hashKv(new KvReplica().store, 0)).toEqual({
    kind: 'hash',
    hash: { hash: 1084519789, compactRevision: -1, hashRevision: 1, currentRevision: 1 },
  })
})

test('a history hashes to what etcd says, at every revision, before and after it is compacted', () => {
  const replica = history()
  expect(hashes(replica, [0, 2, 3, 4, 5, 6])).toEqual(ETCD_HASHES)
  replica.apply(compact(4))
  for (const more of [true, false]) {
    expect(hashes(replica, [0, 5, 6])).toEqual(ETCD_COMPACTED_HASHES)
    if (more) replica.sweepAll()
  }
})

test('if no key exists at the revision, everything that compaction kept counts', () => {
  const replica = new KvReplica()
  replica.applyAll([put('a', '1'), put('a', '2'), put('b', '3'), remove('b')])
  replica.apply(compact(4))
  replica.apply(remove('a'))
  for (const more of [true, false]) {
    expect(hashes(replica, [5, 6])).toEqual(ETCD_EMPTY_HASHES)
    if (more) replica.sweepAll()
  }
})

test('what is compacted away and the future are refused', () => {
  const replica = history()
  replica.apply(compact(4))
  expect([3, 7].map(revision => hash(hashKv(replica.store, revision)))).toEqual([
    'compacted',
    'futureRevision',
  ])
})

test('it can be interrupted anywhere, and takes the checksum that it is given', () => {
  const replica = history()
  let bytes = 0
  const cursor = new HashKvCursor(replica.store, 0, (chunk, seed) => {
    bytes += chunk.length
    return crc32c(chunk, seed)
  })
  while (cursor.advance(1));
  expect(cursor.outcome).toEqual(hashKv(replica.store, 0))
  expect(bytes).toBeGreaterThan(100)
})

/** Revisions 2 to 6. */
function history(): KvReplica {
  const replica = new KvReplica()
  replica.applyAll([
    grant(7n),
    grant(0x7fffffffffffffffn),
    put('a', 'one'),
    put('b', '', { lease: 0x7fffffffffffffffn }),
    txnOf([], [put('a', 'two'), remove('b'), put('c', 'x'.repeat(300))]),
    put('c', 'three', { lease: 7n }),
    remove('a', 'b'),
  ])
  return replica
}

function hashes(replica: KvReplica, revisions: readonly number[]) {
  return revisions.map(revision => hash(hashKv(replica.store, revision)))
}

const ETCD_HASHES = [369685391, 2948796561, 3338684801, 1860350569, 3116626632, 369685391]
const ETCD_COMPACTED_HASHES = [2640693204, 4215563162, 2640693204]
const ETCD_EMPTY_HASHES = [1702593555, 2988272665]

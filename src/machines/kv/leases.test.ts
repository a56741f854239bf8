/** What the machine promises about leases, by the clock of the log alone. */
import { describe, expect, test } from 'vitest'
import {
  bytes,
  expire,
  grant,
  pairs,
  put,
  read,
  remove,
  renew,
  revoke,
  text,
  txnOf,
} from '../../../test/harness/kv-operations.ts'
import { KvReplica } from '../../../test/harness/kv-replica.ts'
import { ChangeCursor } from './changes.ts'
import { AttachedCursor, LeaseCursor, leaseOf } from './leases.ts'
import { currentRevision } from './revisions.ts'
import { stateHash } from './state-hash.ts'
import { ALL_TABLES } from './store-keys.ts'

const TTL_SECONDS = 10
const LEASE = 7n
const OTHER = -7n

/** Two leases, granted at time 1,000. */
function withLeases(): KvReplica {
  const replica = new KvReplica()
  replica.now = 1_000
  replica.applyAll([grant(LEASE, TTL_SECONDS), grant(OTHER, 2 * TTL_SECONDS)])
  return replica
}

function attached(replica: KvReplica, lease: bigint): string[] {
  const keys: string[] = []
  const cursor = new AttachedCursor(replica.store, lease)
  for (let key = cursor.next(); key !== undefined; key = cursor.next()) keys.push(text(key))
  return keys
}

function leases(replica: KvReplica): bigint[] {
  const ids: bigint[] = []
  const cursor = new LeaseCursor(replica.store)
  while (cursor.next()) ids.push(cursor.id)
  return ids
}

function keys(replica: KvReplica): string[] {
  return pairs(read(replica.store, '\0', '\0').kvs)
}

function at(replica: KvReplica, now: number): KvReplica {
  replica.now = now
  return replica
}

describe('a grant', () => {
  test('uses up no revision, and is told in full', () => {
    const replica = new KvReplica()
    expect(replica.apply(grant(LEASE, TTL_SECONDS))).toEqual({
      kind: 'leaseGrant',
      leaseGrant: { revision: 1, id: LEASE, ttlSeconds: TTL_SECONDS },
    })
    expect(currentRevision(replica.store)).toBe(1)
  })

  test('of an id that is taken is refused, and leaves the lease alone', () => {
    const replica = withLeases()
    const before = leaseOf(replica.store, LEASE)
    expect(at(replica, 5_000).apply(grant(LEASE, 99))).toEqual({ kind: 'refused', reason: 'leaseExists' })
    expect(leaseOf(replica.store, LEASE)).toEqual(before)
  })

  test('of an id that is free again is another lease, without the keys of the former', () => {
    const replica = withLeases()
    replica.applyAll([put('a', '', { lease: LEASE }), revoke(LEASE), grant(LEASE, TTL_SECONDS), put('a')])
    replica.applyAll([revoke(LEASE)])
    expect(keys(replica)).toEqual(['a='])
  })
})

describe('a key', () => {
  test('goes with the lease of its last put, and with no other', () => {
    const replica = withLeases()
    replica.applyAll([put('a', '', { lease: LEASE }), put('a', '', { lease: OTHER })])
    expect([attached(replica, LEASE), attached(replica, OTHER)]).toEqual([[], ['a']])
    replica.apply(put('a'))
    expect(attached(replica, OTHER)).toEqual([])
  })

  test('keeps its lease when a put says so', () => {
    const replica = withLeases()
    replica.applyAll([put('a', 'x', { lease: LEASE }), put('a', 'y', { ignoreLease: true })])
    expect(attached(replica, LEASE)).toEqual(['a'])
  })

  test('that is deleted is attached to nothing, in a transaction too', () => {
    const replica = withLeases()
    replica.apply(put('a', '', { lease: LEASE }))
    replica.apply(txnOf([], [put('b', '', { lease: LEASE }), remove('a')]))
    expect(attached(replica, LEASE)).toEqual(['b'])
    replica.apply(remove('\0', '\0'))
    expect(attached(replica, LEASE)).toEqual([])
  })

  test('is attached to no lease that was refused with its transaction', () => {
    const replica = withLeases()
    replica.apply(txnOf([], [put('a', '', { lease: LEASE }), put('b', '', { lease: 99n })]))
    expect(attached(replica, LEASE)).toEqual([])
  })
})

describe('a revocation', () => {
  test('deletes every key of the lease at one revision, in their order', () => {
    const replica = withLeases()
    replica.applyAll(['c', 'a', 'b'].map(key => put(key, '', { lease: LEASE })))
    replica.applyAll([put('d', '', { lease: OTHER }), put('e')])
    expect(replica.apply(revoke(LEASE))).toEqual({
      kind: 'leaseRevoke',
      leaseRevoke: { revision: 7, keys: ['a', 'b', 'c'].map(bytes) },
    })
    expect(keys(replica)).toEqual(['d=', 'e='])
    const changes = new ChangeCursor(replica.store, 7)
    const found = [changes.next(), changes.next(), changes.next()]
    expect(found.map(change => [text(change!.kv.key), change!.deleted, change!.revision])).toEqual([
      ['a', true, { main: 7, sub: 0 }],
      ['b', true, { main: 7, sub: 1 }],
      ['c', true, { main: 7, sub: 2 }],
    ])
    expect(changes.next()).toBeUndefined()
  })

  test('of a lease without keys uses up no revision', () => {
    expect(withLeases().apply(revoke(LEASE))).toMatchObject({ leaseRevoke: { revision: 1 } })
  })

  test('of what is not there is refused', () => {
    const replica = withLeases()
    replica.apply(revoke(LEASE))
    expect(replica.apply(revoke(LEASE))).toEqual({ kind: 'refused', reason: 'leaseNotFound' })
    expect(replica.apply(put('a', '', { lease: LEASE }))).toEqual({
      kind: 'refused',
      reason: 'leaseNotFound',
    })
  })

  test('of the last leases leaves nothing of them', () => {
    const replica = withLeases()
    const empty = stateHash(new KvReplica().store)
    replica.applyAll([renew(LEASE, OTHER), revoke(LEASE), revoke(OTHER)])
    expect(replica.store.count(ALL_TABLES)).toBe(0)
    expect(stateHash(replica.store)).toBe(empty)
  })
})

describe('an expiry', () => {
  const expired = (...ids: bigint[]) => ({ leaseExpire: { revoked: ids.map(id => ({ id })) } })

  test('does nothing to a lease whose time is not over by the time of the entry', () => {
    const replica = withLeases()
    expect(at(replica, 10_999).apply(expire(LEASE))).toMatchObject(expired())
    expect(at(replica, 11_000).apply(expire(LEASE))).toMatchObject(expired(LEASE))
    expect(leases(replica)).toEqual([OTHER])
  })

  test('that comes late does nothing to a lease that was renewed meanwhile', () => {
    const replica = withLeases()
    at(replica, 10_500).apply(renew(LEASE))
    expect(at(replica, 20_499).apply(expire(LEASE, OTHER))).toMatchObject(expired())
    expect(at(replica, 21_000).apply(expire(LEASE, OTHER, 99n, LEASE))).toMatchObject(expired(LEASE, OTHER))
  })

  test('of several gives each a revision of its own', () => {
    const replica = withLeases()
    replica.applyAll([put('a', '', { lease: OTHER }), put('b', '', { lease: LEASE })])
    const result = at(replica, 99_000).apply(expire(OTHER, LEASE))
    const revoked = [
      { id: OTHER, revision: 4, keys: [bytes('a')] },
      { id: LEASE, revision: 5, keys: [bytes('b')] },
    ]
    expect(result).toEqual({ kind: 'leaseExpire', leaseExpire: { revoked } })
    const changes = new ChangeCursor(replica.store, 4)
    expect(text(changes.next()!.kv.key)).toBe('a')
    expect(changes.next()).toMatchObject({ revision: { main: 5, sub: 0 }, kv: { key: bytes('b') } })
  })

  test('that names nobody tells the time, and nothing else', () => {
    const replica = withLeases()
    const before = stateHash(replica.store)
    expect(at(replica, 99_000).apply(expire())).toMatchObject(expired())
    expect(stateHash(replica.store)).toBe(before)
  })
})

describe('a renewal', () => {
  test('gives a lease its whole time again, from the time of the entry on', () => {
    const replica = withLeases()
    expect(at(replica, 4_000).apply(renew(LEASE))).toEqual({
      kind: 'leaseRenew',
      leaseRenew: { revision: 1, ttlsSeconds: [TTL_SECONDS] },
    })
    expect(leaseOf(replica.store, LEASE)).toEqual({ id: LEASE, ttlSeconds: TTL_SECONDS, overAt: 14_000 })
  })

  test('answers each in its place, and 0 for what is not there', () => {
    const answer = withLeases().apply(renew(99n, OTHER, LEASE, OTHER))
    expect(answer).toMatchObject({ leaseRenew: { ttlsSeconds: [0, 20, 10, 20] } })
  })

  test('prolongs a lease that is overdue and still there', () => {
    const replica = withLeases()
    expect(at(replica, 50_000).apply(renew(LEASE))).toMatchObject({ leaseRenew: { ttlsSeconds: [10] } })
    expect(leases(replica)).toEqual([OTHER, LEASE])
  })
})

test('leases are listed by when they are over, and survive a restart', () => {
  const replica = withLeases()
  replica.apply(grant(3n, 15))
  replica.restart()
  expect(leases(replica)).toEqual([LEASE, 3n, OTHER])
  at(replica, 30_000).apply(renew(LEASE))
  expect(leases(replica)).toEqual([3n, OTHER, LEASE])
})

test('replicas that differ in nothing but the time of a renewal have different states', () => {
  const [one, other] = [withLeases(), withLeases()]
  at(one, 2_000).apply(renew(LEASE))
  at(other, 2_001).apply(renew(LEASE))
  expect(stateHash(one.store)).not.toBe(stateHash(other.store))
})

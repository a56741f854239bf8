import { describe, expect, test } from 'vitest'
import type { Index, NodeId } from '../../core/ids.ts'
import type { Compare } from '../../wire/etcd/compare.ts'
import { PUT_DEFAULTS, type PutRequest } from '../../wire/etcd/put.ts'
import { RANGE_DEFAULTS, type RangeRequest } from '../../wire/etcd/range.ts'
import type { RequestOp } from '../../wire/etcd/txn-request.ts'
import { GrpcStatus } from '../../wire/grpc/status.ts'
import { EtcdPaths } from './method-paths.ts'
import type { FakeCall } from './testing/fake-call.ts'
import {
  compactionResponse,
  deleteRangeResponse,
  hashKvResponse,
  keyName,
  memberListResponse,
  putResponse,
  rangeResponse,
  statusResponse,
  text,
  txnResponse,
  World,
} from './testing/world.ts'

const key = text('k')
const value = text('v')
const putOp = (request: Partial<PutRequest>): RequestOp => ({
  kind: 'put',
  put: { ...PUT_DEFAULTS, ...request },
})
const rangeOp = (request: Partial<RangeRequest>): RequestOp => ({
  kind: 'range',
  range: { ...RANGE_DEFAULTS, ...request },
})
const compare = (fields: Partial<Compare>): Compare => ({
  result: 0,
  target: 0,
  key,
  rangeEnd: text(''),
  number: 0,
  value: text(''),
  lease: 0n,
  ...fields,
})

describe('a header', () => {
  test('names the cluster, the member, the term, and the revision that the operation made or saw', () => {
    const world = new World()
    const ids = { clusterId: 0xc1n, memberId: 0xa1n, raftTerm: 5 }
    expect(rangeResponse(world.range({ key })).header).toEqual({ ...ids, revision: 1 })
    expect(putResponse(world.put({ key, value })).header).toEqual({ ...ids, revision: 2 })
    expect(rangeResponse(world.range({ key, revision: 2 })).header).toEqual({ ...ids, revision: 2 })
    expect(putResponse(world.put({ key, value })).header).toEqual({ ...ids, revision: 3 })
    expect(rangeResponse(world.range({ key, revision: 2 })).header).toEqual({ ...ids, revision: 3 })
    expect(deleteRangeResponse(world.deleteRange({ key: text('nothing') })).header.revision).toBe(3)
    expect(deleteRangeResponse(world.deleteRange({ key })).header.revision).toBe(4)
    expect(txnResponse(world.txn({ success: [rangeOp({ key })] })).header).toEqual({ ...ids, revision: 4 })
    expect(txnResponse(world.txn({ success: [putOp({ key })] })).header).toEqual({ ...ids, revision: 5 })
    expect(compactionResponse(world.compact(3)).header).toEqual({ ...ids, revision: 5 })
    expect(statusResponse(world.status()).header).toEqual({ ...ids, revision: 5 })
    const hashed = world.hashKv(0)
    world.clock.settle()
    expect(hashKvResponse(hashed).header).toEqual({ ...ids, revision: 5 })
  })

  test('of a list of members names no revision', () => {
    expect(memberListResponse(new World().memberList(true)).header).toEqual({
      clusterId: 0xc1n,
      memberId: 0xa1n,
      revision: 0,
      raftTerm: 5,
    })
  })

  test('inside a transaction holds the revision only', () => {
    const world = new World()
    const response = txnResponse(world.txn({ success: [putOp({ key, value }), rangeOp({ key })] }))
    const inner = { clusterId: 0n, memberId: 0n, revision: 2, raftTerm: 0 }
    expect(response.responses[0]).toEqual({ kind: 'put', put: { header: inner, prevKv: undefined } })
    expect(response.responses[1]).toMatchObject({ kind: 'range', range: { header: inner, count: 1 } })
  })

  test('names a new term in the turn after the one that brought it', () => {
    const world = new World()
    expect(rangeResponse(world.range({ key })).header.raftTerm).toBe(5)
    world.replica.fakeStatus = { ballot: 6 as never }
    world.clock.settle()
    expect(rangeResponse(world.range({ key })).header.raftTerm).toBe(6)
  })
})

describe('which way a request goes', () => {
  const routes: [string, (world: World) => FakeCall, { proposed: number; barriers: number }][] = [
    ['a range waits for a barrier', w => w.range({ key }), { proposed: 0, barriers: 1 }],
    [
      'a serializable range does not',
      w => w.range({ key, serializable: true }),
      { proposed: 0, barriers: 0 },
    ],
    ['a put is replicated', w => w.put({ key }), { proposed: 1, barriers: 0 }],
    ['a deletion is replicated', w => w.deleteRange({ key }), { proposed: 1, barriers: 0 }],
    ['a compaction is replicated', w => w.compact(1), { proposed: 1, barriers: 0 }],
    [
      'a transaction of ranges waits for a barrier',
      w => w.txn({ success: [rangeOp({ key })] }),
      { proposed: 0, barriers: 1 },
    ],
    [
      'a transaction of serializable ranges does not',
      w => w.txn({ compare: [compare({})], success: [rangeOp({ key, serializable: true })] }),
      { proposed: 0, barriers: 0 },
    ],
    [
      'one linearizable range among them makes it wait, also in the branch that is not taken',
      w => w.txn({ success: [rangeOp({ key, serializable: true })], failure: [rangeOp({ key })] }),
      { proposed: 0, barriers: 1 },
    ],
    [
      'a transaction of conditions alone waits for a barrier, where etcd compares with what may be stale',
      w => w.txn({ compare: [compare({})] }),
      { proposed: 0, barriers: 1 },
    ],
    [
      'a put in the branch that is not taken makes it replicated',
      w => w.txn({ failure: [putOp({ key })] }),
      { proposed: 1, barriers: 0 },
    ],
    [
      'a nested transaction makes it replicated',
      w =>
        w.txn({ success: [{ kind: 'txn', txn: { compare: [], success: [rangeOp({ key })], failure: [] } }] }),
      { proposed: 1, barriers: 0 },
    ],
    [
      'a linearizable list of members waits for a barrier',
      w => w.memberList(true),
      { proposed: 0, barriers: 1 },
    ],
    ['a list of members does not', w => w.memberList(false), { proposed: 0, barriers: 0 }],
    ['a status does not', w => w.status(), { proposed: 0, barriers: 0 }],
  ]

  test.each(routes)('%s', (_name, request, expected) => {
    const world = new World()
    expect(request(world).status).toBe(0)
    const { proposed, barriers } = world.replica
    expect({ proposed, barriers }).toEqual(expected)
  })

  test('a linearizable read sees what was applied while it waited', () => {
    const world = new World()
    world.replica.holds = true
    const reads = [
      world.range({ key }),
      world.txn({ compare: [compare({ number: 1 })], success: [rangeOp({ key })] }),
    ]
    world.replica.holds = false
    world.put({ key, value })
    for (const read of world.replica.reads) read.done(null)
    expect(rangeResponse(reads[0]!).kvs[0]?.value).toEqual(value)
    const txn = txnResponse(reads[1]!)
    expect(txn.succeeded).toBe(true)
    expect(txn.responses[0]).toMatchObject({ range: { count: 1 } })
  })

  test('a read whose caller has gone is not served', () => {
    const world = new World()
    world.replica.holds = true
    const call = world.range({ key })
    call.cancel()
    world.replica.reads[0]!.done(null)
    expect(call.sent).toEqual([])
    expect(world.counters.calls.get(EtcdPaths.range)?.handled[GrpcStatus.cancelled]).toBe(1)
  })
})

describe('answers', () => {
  test('a put gives back what it replaced when asked', () => {
    const world = new World()
    world.put({ key, value })
    const { prevKv } = putResponse(world.put({ key, value: text('w'), prevKv: true }))
    expect(prevKv).toEqual({ key, value, createRevision: 2, modRevision: 2, version: 1, lease: 0n })
    expect(putResponse(world.put({ key, value })).prevKv).toBeUndefined()
  })

  test('a deletion gives back what it removed when asked', () => {
    const world = new World()
    world.fill(3)
    const response = deleteRangeResponse(
      world.deleteRange({ key: text('key-'), rangeEnd: text('key.'), prevKv: true }),
    )
    expect(response.deleted).toBe(3)
    expect(response.prevKvs.map(kv => kv.key)).toEqual([0, 1, 2].map(i => text(keyName(i))))
  })

  test('a transaction answers the branch that was taken, operation by operation', () => {
    const world = new World()
    world.put({ key, value })
    const taken = txnResponse(
      world.txn({
        compare: [compare({ target: 2, number: 2 })],
        success: [putOp({ key, value: text('w') }), rangeOp({ key })],
        failure: [rangeOp({ key })],
      }),
    )
    expect(taken.succeeded).toBe(true)
    expect(taken.responses[1]).toMatchObject({ range: { kvs: [{ value: text('w'), version: 2 }] } })
    const other = txnResponse(world.txn({ compare: [compare({ number: 9 })], failure: [rangeOp({ key })] }))
    expect(other.succeeded).toBe(false)
    expect(other.responses).toHaveLength(1)
  })

  test('a physical compaction answers once what was compacted is gone', () => {
    const world = new World()
    world.put({ key })
    world.put({ key })
    world.replica.sweepWaiters = []
    expect(world.compact(2).status).toBe(0)
    const physical = world.compact(3, true)
    expect(physical.ended).toBe(false)
    world.replica.sweepWaiters[0]!()
    expect(compactionResponse(physical).header.revision).toBe(3)
  })

  test('a status tells what the member knows of itself', () => {
    const world = new World()
    world.put({ key, value })
    const status = statusResponse(world.status())
    expect(status).toMatchObject({
      leader: 0xa1n,
      raftIndex: 1,
      raftTerm: 5,
      raftAppliedIndex: 1,
      errors: [],
    })
    expect(status.dbSize).toBeGreaterThan(0)
    const [major, minor, patch] = status.version.split('.').map(Number) as [number, number, number]
    expect(major * 1e6 + minor * 1e3 + patch, 'kube-apiserver wants 3.5.13').toBeGreaterThanOrEqual(3_005_013)
    world.replica.fakeStatus = { leader: 0n as NodeId, role: 'follower' }
    world.clock.settle()
    expect(statusResponse(world.status())).toMatchObject({ leader: 0n, errors: ['etcdserver: no leader'] })
    world.clock.settle()
    world.replica.fakeStatus = { standing: { kind: 'catchingUp', index: 7 as Index } }
    const repair = 'repair: this member fetches what it lacks, up to entry 7'
    expect(statusResponse(world.status()).errors).toEqual([repair])
    world.clock.settle()
    const standing = { kind: 'asking', doubt: 'lost', isStuck: false, awaited: [0xb2n as NodeId] } as const
    world.replica.fakeStatus = { standing }
    const asks = 'repair: this member asks the others what it may have promised; awaited: b2'
    expect(statusResponse(world.status()).errors).toEqual([asks])
  })

  test('a list of members is what the node says', () => {
    const { members } = memberListResponse(new World().memberList(true))
    expect(members).toEqual([
      { id: 0xa1n, name: 'n1', peerUrls: ['http://p1'], clientUrls: ['http://c1'], isLearner: false },
    ])
  })

  test('a hash names the revisions that it stands for', () => {
    const world = new World()
    for (let i = 0; i < 3; i++) world.put({ key, value })
    world.compact(2)
    const calls = [world.hashKv(3), world.hashKv(0), world.hashKv(4)]
    world.clock.settle()
    const [older, newest, same] = calls.map(hashKvResponse)
    expect(older).toMatchObject({ compactRevision: 2, hashRevision: 3 })
    expect(newest).toMatchObject({ compactRevision: 2, hashRevision: 4 })
    expect(newest!.hash).toBe(same!.hash)
    expect(newest!.hash).not.toBe(older!.hash)
    expect(world.replica.pinned).toBe(0)
  })
})

test('methods that are not served are not in the map', () => {
  expect([...new World().methods.keys()].toSorted()).toEqual(Object.values(EtcdPaths).toSorted())
})

test('calls are counted by method and status', () => {
  const world = new World()
  world.put({ key })
  world.put({})
  world.range({ key })
  const puts = world.counters.calls.get(EtcdPaths.put)!
  expect(puts.started).toBe(2)
  expect([puts.handled[0], puts.handled[3]]).toEqual([1, 1])
  expect(world.counters.calls.get(EtcdPaths.range)!.handled[0]).toBe(1)
})

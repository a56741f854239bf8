import { describe, expect, test } from 'vitest'
import { QuorateError } from '../../core/errors.ts'
import type { Index, NodeId } from '../../core/ids.ts'
import { addMs, type Instant } from '../../core/time.ts'
import { ReplicaErrors } from '../../replication/replica.ts'
import type { Compare } from '../../wire/etcd/compare.ts'
import { PUT_DEFAULTS, type PutRequest } from '../../wire/etcd/put.ts'
import { RANGE_DEFAULTS, type RangeRequest } from '../../wire/etcd/range.ts'
import type { RequestOp } from '../../wire/etcd/txn-request.ts'
import { GrpcStatus } from '../../wire/grpc/status.ts'
import { EtcdPaths } from './method-paths.ts'
import { FakeCall } from './testing/fake-call.ts'
import { KNOWN_LEASE } from './testing/fake-replica.ts'
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
const failure = (call: FakeCall) => ({ status: call.status, message: call.message })
const failed = (status: GrpcStatus, message: string) => ({ status, message: `etcdserver: ${message}` })

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

describe('a request that makes no sense is refused before anything is proposed:', () => {
  const emptyOp: RequestOp = { kind: 'none' }
  const nested = (...success: RequestOp[]): RequestOp => ({
    kind: 'txn',
    txn: { compare: [], success, failure: [] },
  })
  const refusals: [string, (world: World) => FakeCall, ReturnType<typeof failed>][] = [
    ['a range without a key', w => w.range({}), failed(3, 'key is not provided')],
    [
      'a range with an unknown sort order',
      w => w.range({ key, sortOrder: 3 }),
      failed(3, 'invalid sort option'),
    ],
    [
      'a range with an unknown sort target',
      w => w.range({ key, sortTarget: 5 }),
      failed(3, 'invalid sort option'),
    ],
    ['an unknown sort order without a key', w => w.range({ sortOrder: 9 }), failed(3, 'key is not provided')],
    ['a put without a key', w => w.put({ value, ignoreValue: true }), failed(3, 'key is not provided')],
    [
      'ignore_value with a value',
      w => w.put({ key, value, ignoreValue: true }),
      failed(3, 'value is provided'),
    ],
    [
      'ignore_lease with a lease',
      w => w.put({ key, lease: 7n, ignoreLease: true }),
      failed(3, 'lease is provided'),
    ],
    [
      'both ignored and both given',
      w => w.put({ key, value, lease: 7n, ignoreValue: true, ignoreLease: true }),
      failed(3, 'value is provided'),
    ],
    ['a deletion without a key', w => w.deleteRange({}), failed(3, 'key is not provided')],
    [
      'a condition without a key',
      w => w.txn({ compare: [compare({ key: text('') })] }),
      failed(3, 'key is not provided'),
    ],
    ['an operation that is none', w => w.txn({ success: [emptyOp] }), failed(3, 'key not found')],
    [
      'a nested operation that is none',
      w => w.txn({ failure: [nested(emptyOp)] }),
      failed(3, 'key not found'),
    ],
    [
      'a key that is put twice',
      w => w.txn({ success: [putOp({ key }), putOp({ key })] }),
      failed(3, 'duplicate key given in txn request'),
    ],
    [
      'too many operations',
      w => w.txn({ failure: Array.from({ length: 129 }, () => rangeOp({ key })) }),
      failed(3, 'too many operations in txn request'),
    ],
    [
      'more nested operations than the budget leaves',
      w => w.txn({ success: [nested(...Array.from({ length: 128 }, () => rangeOp({ key })))] }),
      failed(3, 'too many operations in txn request'),
    ],
    [
      'a put of 1.5 MiB',
      w => w.put({ key, value: new Uint8Array(1.5 * 1024 * 1024) }),
      failed(3, 'request is too large'),
    ],
  ]

  test.each(refusals)('%s', (_name, request, expected) => {
    const world = new World()
    const call = request(world)
    expect(failure(call)).toEqual(expected)
    expect(call.sent).toEqual([])
    expect(world.replica.proposed + world.replica.barriers).toBe(0)
  })

  test('bytes that are no message', () => {
    const world = new World()
    for (const path of Object.values(EtcdPaths)) {
      const call = world.begin(new FakeCall(path), new Uint8Array([0x0a, 200, 1]))
      expect(call.status).toBe(GrpcStatus.internal)
      expect(call.message).toContain('unmarshalling')
    }
  })

  test('but not one that is as large as allowed, or has as many operations as allowed', () => {
    const world = new World()
    expect(world.put({ key, value: new Uint8Array(1.5 * 1024 * 1024 - 100) }).status).toBe(0)
    const puts = Array.from({ length: 128 }, (_, i) => putOp({ key: text(keyName(i)) }))
    expect(world.txn({ success: puts }).status).toBe(0)
  })

  test('with limits of the node’s own', () => {
    const world = new World({ requestBytesMax: 100, txnOperationsMax: 1 })
    expect(failure(world.put({ key, value: new Uint8Array(100) }))).toEqual(failed(3, 'request is too large'))
    const two = world.txn({ success: [rangeOp({ key }), rangeOp({ key })] })
    expect(failure(two)).toEqual(failed(3, 'too many operations in txn request'))
  })
})

describe('a request that the state does not allow has etcd’s error and no effect:', () => {
  const compacted = failed(11, 'mvcc: required revision has been compacted')
  const future = failed(11, 'mvcc: required revision is a future revision')
  const refusals: [string, (world: World) => FakeCall, ReturnType<typeof failed>][] = [
    ['a lease that is not there', w => w.put({ key, lease: 5n }), failed(5, 'requested lease not found')],
    [
      'ignore_value of a missing key',
      w => w.put({ key: text('x'), ignoreValue: true }),
      failed(3, 'key not found'),
    ],
    [
      'ignore_lease of a missing key',
      w => w.put({ key: text('x'), ignoreLease: true }),
      failed(3, 'key not found'),
    ],
    [
      'a lease in a transaction',
      w => w.txn({ success: [putOp({ key, lease: 5n })] }),
      failed(5, 'requested lease not found'),
    ],
    ['a future revision', w => w.range({ key, revision: 99 }), future],
    [
      'a serializable read of a future revision',
      w => w.range({ key, revision: 99, serializable: true }),
      future,
    ],
    ['a revision beyond 2^53', w => w.range({ key, revision: Number.MAX_SAFE_INTEGER }), future],
    ['a compacted revision', w => w.range({ key, revision: 2 }), compacted],
    [
      'a compacted revision in a read-only transaction',
      w => w.txn({ success: [rangeOp({ key, revision: 2 })] }),
      compacted,
    ],
    [
      'a future revision in a transaction',
      w => w.txn({ success: [putOp({ key }), rangeOp({ key, revision: 99 })] }),
      future,
    ],
    ['compaction of what is compacted', w => w.compact(3), compacted],
    ['compaction of the future', w => w.compact(99), future],
    ['a hash of a compacted revision', w => w.hashKv(2), compacted],
    ['a hash of a future revision', w => w.hashKv(99), future],
  ]

  test.each(refusals)('%s', (_name, request, expected) => {
    const world = new World()
    for (let i = 0; i < 3; i++) world.put({ key, value })
    world.compact(3)
    const call = request(world)
    world.clock.settle()
    expect(failure(call)).toEqual(expected)
    expect(call.sent).toEqual([])
    expect(rangeResponse(world.range({ key })).header.revision).toBe(4)
  })

  test('a read at exactly the compacted revision is allowed', () => {
    const world = new World()
    for (let i = 0; i < 3; i++) world.put({ key, value })
    world.compact(3)
    expect(rangeResponse(world.range({ key, revision: 3 })).kvs[0]?.modRevision).toBe(3)
  })

  test('a lease that is there is attached', () => {
    const world = new World()
    expect(world.put({ key, value, lease: KNOWN_LEASE }).status).toBe(0)
    expect(rangeResponse(world.range({ key })).kvs[0]?.lease).toBe(KNOWN_LEASE)
  })
})

describe('what becomes of a write that fails below', () => {
  const answers: [string, string, 'refused' | 'unknown', ReturnType<typeof failed>][] = [
    ['no leader', ReplicaErrors.noLeader, 'refused', failed(14, 'no leader')],
    ['time-out before a leader had it', ReplicaErrors.timeout, 'refused', failed(14, 'no leader')],
    ['overload', ReplicaErrors.overloaded, 'refused', failed(8, 'too many requests')],
    ['a stopping node', ReplicaErrors.stopping, 'refused', failed(14, 'server stopped')],
    [
      'a lost leader',
      ReplicaErrors.outcomeUnknown,
      'unknown',
      failed(14, 'request timed out, possibly due to previous leader failure'),
    ],
    [
      'a code that is not known, of unknown outcome',
      'QUORATE_SOMETHING_NEW',
      'unknown',
      failed(14, 'request timed out, possibly due to previous leader failure'),
    ],
    ['a code that is not known, refused', 'QUORATE_SOMETHING_NEW', 'refused', failed(14, 'no leader')],
  ]

  test.each(answers)('%s', (_name, code, outcome, expected) => {
    const world = new World()
    world.replica.holds = true
    const call = world.put({ key, value })
    expect(call.ended).toBe(false)
    world.replica.proposals[0]!.done({ kind: 'failed', error: new QuorateError(code, 'why', outcome) })
    expect(failure(call)).toEqual(expected)
    expect(world.counters.proposalsFailed).toBe(1)
    expect(world.counters.proposalsPending).toBe(0)
  })

  test('an unknown outcome at the deadline is a time-out', () => {
    const world = new World()
    world.replica.holds = true
    const call = world.put({ key, value })
    world.clock.pass(7000)
    const error = new QuorateError(ReplicaErrors.outcomeUnknown, 'late', 'unknown')
    world.replica.proposals[0]!.done({ kind: 'failed', error })
    expect(failure(call)).toEqual(failed(14, 'request timed out'))
  })

  test('no answer that means "not done" is given for an unknown outcome, and the other way round', () => {
    const { timedOut, timedOutLeaderFailed } = {
      timedOut: 'request timed out',
      timedOutLeaderFailed: 'request timed out, possibly due to previous leader failure',
    }
    for (const code of Object.values(ReplicaErrors)) {
      for (const outcome of ['refused', 'unknown'] as const) {
        for (const waitedMs of [0, 7000]) {
          const world = new World()
          world.replica.holds = true
          const call = world.put({ key, value })
          world.clock.pass(waitedMs)
          world.replica.proposals[0]!.done({ kind: 'failed', error: new QuorateError(code, '', outcome) })
          const looksUnknown = [timedOut, timedOutLeaderFailed].includes(
            call.message!.slice('etcdserver: '.length),
          )
          expect(looksUnknown, `${code} ${outcome} ${waitedMs}`).toBe(outcome === 'unknown')
        }
      }
    }
  })
})

describe('what becomes of a read that fails below', () => {
  const answers: [string, ReturnType<typeof failed>][] = [
    [ReplicaErrors.noLeader, failed(14, 'no leader')],
    [ReplicaErrors.timeout, failed(14, 'request timed out')],
    [ReplicaErrors.overloaded, failed(8, 'too many requests')],
    [ReplicaErrors.stopping, failed(14, 'server stopped')],
  ]

  test.each(answers)('%s', (code, expected) => {
    const world = new World()
    world.replica.holds = true
    const calls = [world.range({ key }), world.txn({ success: [rangeOp({ key })] }), world.memberList(true)]
    for (const read of world.replica.reads) read.done(new QuorateError(code, 'why'))
    for (const call of calls) expect(failure(call)).toEqual(expected)
  })
})

describe('deadlines', () => {
  test('are the call’s own if they come first, and seven seconds otherwise', () => {
    const world = new World()
    world.clock.pass(1000)
    world.replica.holds = true
    const at = (ms: number): Instant => addMs(0 as Instant, ms)
    world.put({ key })
    world.put({ key }, new FakeCall(EtcdPaths.put, at(1500)))
    world.put({ key }, new FakeCall(EtcdPaths.put, at(60_000)))
    world.range({ key }, new FakeCall(EtcdPaths.range, at(1600)))
    expect(world.replica.proposals.map(proposal => proposal.deadline)).toEqual([at(8000), at(1500), at(8000)])
    expect(world.replica.reads.map(read => read.deadline)).toEqual([at(1600)])
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

describe('who may be asked', () => {
  const leaderless = { leader: 0n as NodeId, role: 'follower' } as const

  test('without a leader a call that requires one is refused, and others are not', () => {
    const world = new World()
    world.replica.fakeStatus = leaderless
    const requires = { hasleader: 'true' }
    const call = world.range({ key, serializable: true }, new FakeCall(EtcdPaths.range, undefined, requires))
    expect(failure(call)).toEqual(failed(14, 'no leader'))
    expect(world.range({ key, serializable: true }).status).toBe(0)
    const lenient = new FakeCall(EtcdPaths.range, undefined, { hasleader: 'false' })
    expect(world.range({ key, serializable: true }, lenient).status).toBe(0)
  })

  test('a learner serves its status and serializable ranges, and refuses the rest', () => {
    const world = new World()
    world.replica.fakeStatus = { role: 'learner' }
    expect(statusResponse(world.status()).isLearner).toBe(true)
    expect(world.range({ key, serializable: true }).status).toBe(0)
    const refused = failed(9, 'rpc not supported for learner')
    expect(failure(world.range({ key }))).toEqual(refused)
    expect(failure(world.put({ key }))).toEqual(refused)
    expect(failure(world.txn({ success: [rangeOp({ key, serializable: true })] }))).toEqual(refused)
    expect(failure(world.memberList(false))).toEqual(refused)
  })

  test('more committed entries than 5,000 without being applied refuse further writes', () => {
    const world = new World()
    world.replica.fakeStatus = { commitIndex: 5000 as Index, appliedIndex: 0 as Index }
    expect(world.put({ key }).status).toBe(0)
    world.replica.fakeStatus = { commitIndex: 5001 as Index, appliedIndex: 0 as Index }
    world.clock.settle()
    expect(failure(world.put({ key }))).toEqual(failed(8, 'too many requests'))
    expect(world.range({ key }).status).toBe(0)
  })
})

describe('a full store', () => {
  const noSpace = failed(8, 'mvcc: database space exceeded')

  test('refuses puts, and transactions with a put in any branch, before it looks at them', () => {
    const world = new World({ quotaBytes: 1000 })
    world.replica.fakeSizeBytes = 1001
    expect(failure(world.put({}))).toEqual(noSpace)
    expect(failure(world.txn({ failure: [putOp({})] }))).toEqual(noSpace)
    const inner = { compare: [], success: [], failure: [putOp({ key })] }
    expect(failure(world.txn({ success: [{ kind: 'txn', txn: inner }] }))).toEqual(noSpace)
  })

  test('allows reads, deletions and compaction, and puts again as soon as there is room', () => {
    const world = new World({ quotaBytes: 1000 })
    world.replica.fakeSizeBytes = 1001
    for (const call of [world.range({ key }), world.deleteRange({ key }), world.compact(1)]) {
      expect(call.status).toBe(0)
    }
    world.replica.fakeSizeBytes = 1000
    expect(world.put({ key }).status).toBe(0)
  })

  test('is 2 GiB large by default, and never full below 0', () => {
    const full = 2 * 1024 * 1024 * 1024 + 1
    const world = new World()
    world.replica.fakeSizeBytes = full
    expect(failure(world.put({ key }))).toEqual(noSpace)
    expect(statusResponse(world.status()).dbSizeQuota).toBe(full - 1)
    const unbounded = new World({ quotaBytes: -1 })
    unbounded.replica.fakeSizeBytes = full
    expect(unbounded.put({ key }).status).toBe(0)
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

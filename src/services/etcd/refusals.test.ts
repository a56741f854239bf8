import { describe, expect, test } from 'vitest'
import { QuorateError } from '../../core/errors.ts'
import type { Index, NodeId } from '../../core/ids.ts'
import { addMs, type Instant } from '../../core/time.ts'
import { encodeCommand } from '../../machines/kv/command-codec.ts'
import { ReplicaErrors } from '../../replication/replica.ts'
import type { Compare } from '../../wire/etcd/compare.ts'
import { PUT_DEFAULTS, type PutRequest } from '../../wire/etcd/put.ts'
import { RANGE_DEFAULTS, type RangeRequest } from '../../wire/etcd/range.ts'
import type { RequestOp } from '../../wire/etcd/txn-request.ts'
import { GrpcStatus } from '../../wire/grpc/status.ts'
import { EtcdPaths } from './method-paths.ts'
import { FakeCall } from './testing/fake-call.ts'
import { keyName, rangeResponse, statusResponse, text, World } from './testing/world.ts'

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
    world.replica.apply(encodeCommand({ kind: 'leaseGrant', leaseGrant: { id: 77n, ttlSeconds: 60 } }))
    expect(world.put({ key, value, lease: 77n }).status).toBe(0)
    expect(rangeResponse(world.range({ key })).kvs[0]?.lease).toBe(77n)
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

  test('a command that a member cannot read yet is refused as one that the cluster is not capable of', () => {
    const world = new World()
    world.replica.holds = true
    const call = world.put({ key, value })
    world.replica.proposals[0]!.done({ kind: 'done', result: { kind: 'refused', reason: 'unknownCommand' } })
    expect(failure(call)).toEqual(failed(9, 'not capable'))
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
  test('come a little before the call’s own if that comes first, and after seven seconds otherwise', () => {
    const world = new World()
    world.clock.pass(1000)
    world.replica.holds = true
    const at = (ms: number): Instant => addMs(0 as Instant, ms)
    world.put({ key })
    world.put({ key }, new FakeCall(EtcdPaths.put, at(1500)))
    world.put({ key }, new FakeCall(EtcdPaths.put, at(6000)))
    world.put({ key }, new FakeCall(EtcdPaths.put, at(60_000)))
    world.range({ key }, new FakeCall(EtcdPaths.range, at(1600)))
    expect(world.replica.proposals.map(proposal => proposal.deadline)).toEqual([
      at(8000),
      at(1450),
      at(5750),
      at(8000),
    ])
    expect(world.replica.reads.map(read => read.deadline)).toEqual([at(1540)])
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

  test('a client whose version is not UTF-8 text is refused by every method, before all else', () => {
    const world = new World()
    world.replica.fakeStatus = { leader: 0n as NodeId, role: 'follower' }
    const saying = (path: string, version: string): FakeCall =>
      world.begin(
        new FakeCall(path, undefined, { 'client-api-version': version, hasleader: 'true' }),
        text(''),
      )
    for (const path of Object.values(EtcdPaths)) {
      for (const version of ['3.5\xff', '\xc3', '3.\x80']) {
        expect(failure(saying(path, version))).toEqual(failed(3, 'invalid client api version'))
      }
      for (const version of ['', '3.7', '3.\xc3\xa9']) {
        expect(failure(saying(path, version))).toEqual(failed(14, 'no leader'))
      }
    }
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
    world.replica.fakeSizeBytes = 700
    expect(world.put({ key }).status).toBe(0)
    expect(failure(world.put({ key, value: new Uint8Array(50) }))).toEqual(noSpace)
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

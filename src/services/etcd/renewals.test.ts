/** Keep-alives: how they travel together, and how each stream is answered. */
import { beforeEach, describe, expect, test } from 'vitest'
import { QuorateError } from '../../core/errors.ts'
import { decodeCommand } from '../../machines/kv/command-codec.ts'
import { ReplicaErrors } from '../../replication/replica.ts'
import { readLeasePromiseResponse, writeLeaseIdRequest } from '../../wire/etcd/lease.ts'
import { decode } from '../../wire/etcd/protobuf-reader.ts'
import { encode } from '../../wire/etcd/protobuf-writer.ts'
import { GrpcStatus } from '../../wire/grpc/status.ts'
import { EtcdErrors } from './errors.ts'
import { RENEWAL_WINDOW_MS, RENEWALS_PER_COMMAND_MAX, STREAM_RENEWALS_MAX } from './limits.ts'
import { EtcdPaths } from './method-paths.ts'
import { FakeCall } from './testing/fake-call.ts'
import { timeToLiveResponse, World } from './testing/world.ts'

let world: World
beforeEach(() => {
  world = new World()
})

/** Passes on both clocks: the node's, and the cluster's. */
function pass(ms: number): void {
  world.replica.now += ms
  world.clock.pass(ms)
  world.clock.settle()
}

function grantAll(count: number, ttlSeconds: number): void {
  for (let id = 1; id <= count; id++) world.grant(BigInt(id), ttlSeconds)
}

function failed(call: FakeCall): string | undefined {
  return call.status === GrpcStatus.ok ? undefined : call.message
}

describe('keep-alives', () => {
  const ask = (id: bigint) => encode({ id }, writeLeaseIdRequest)
  const answers = (call: FakeCall) =>
    call.sent.map(bytes => {
      const { id, ttlSeconds } = decode(bytes, from => readLeasePromiseResponse(from))
      return [id, ttlSeconds]
    })
  const streamOf = () => {
    const call = new FakeCall(EtcdPaths.leaseKeepAlive)
    return { call, ...world.open(call) }
  }
  /** The leases of each record that waits. */
  const records = () =>
    world.replica.proposals.map(({ command }) => {
      const decoded = decodeCommand(command)
      return decoded.kind === 'leaseRenew' ? decoded.leaseRenew.ids : []
    })

  test('are answered in the order of requests, with 0 for a lease that is not there', () => {
    grantAll(2, 60)
    const { call, send } = streamOf()
    for (const id of [2n, 9n, 1n, 2n]) send(ask(id))
    expect(answers(call)).toEqual([])
    world.clock.settle()
    expect(answers(call)).toEqual([
      [2n, 60],
      [9n, 0],
      [1n, 60],
      [2n, 60],
    ])
  })

  test('of all streams travel in one record per window, each lease once', () => {
    world.replica.holds = true
    const [one, other] = [streamOf(), streamOf()]
    one.send(ask(1n))
    other.send(ask(2n))
    other.send(ask(1n))
    world.clock.settle()
    one.send(ask(3n))
    world.clock.settle()
    pass(RENEWAL_WINDOW_MS - 1)
    other.send(ask(4n))
    expect(records()).toEqual([[1n, 2n]])
    pass(1)
    expect(records()).toEqual([
      [1n, 2n],
      [3n, 4n],
    ])
  })

  test('go at once when none went for a window', () => {
    world.replica.holds = true
    const { send } = streamOf()
    send(ask(1n))
    world.clock.settle()
    pass(RENEWAL_WINDOW_MS)
    send(ask(2n))
    world.clock.settle()
    expect(records()).toEqual([[1n], [2n]])
  })

  test('are spread over several records when they are many', () => {
    world.replica.holds = true
    const { send } = streamOf()
    for (let id = 1; id <= RENEWALS_PER_COMMAND_MAX + 1; id++) send(ask(BigInt(id)))
    world.clock.settle()
    expect(records().map(ids => ids.length)).toEqual([RENEWALS_PER_COMMAND_MAX, 1])
  })

  test('keep their order on a stream when a later record is answered first', () => {
    grantAll(2, 60)
    world.replica.holds = true
    const { call, send } = streamOf()
    send(ask(1n))
    world.clock.settle()
    pass(RENEWAL_WINDOW_MS)
    send(ask(2n))
    world.clock.settle()
    for (const { command, done } of world.replica.proposals.toReversed()) {
      expect(answers(call)).toEqual([])
      done({ kind: 'done', result: world.replica.apply(command) })
    }
    expect(answers(call).map(([id]) => id)).toEqual([1n, 2n])
  })

  test('are not acknowledged before the record is', () => {
    grantAll(1, 60)
    world.replica.holds = true
    const { call, send } = streamOf()
    send(ask(1n))
    world.clock.settle()
    expect(answers(call)).toEqual([])
    const error = new QuorateError(ReplicaErrors.outcomeUnknown, 'lost', 'unknown')
    world.replica.proposals[0]!.done({ kind: 'failed', error })
    expect(call).toMatchObject({
      sent: [],
      status: GrpcStatus.unavailable,
      message: EtcdErrors.timedOutLeaderFailed.message,
    })
  })

  test('are counted until they come to an end, well or not', () => {
    const waiting = () =>
      world.service.gauges().find(({ name }) => name === 'etcd: keep-alives that wait')!.value
    grantAll(1, 60)
    world.replica.holds = true
    const { send } = streamOf()
    send(ask(1n))
    world.clock.settle()
    expect(waiting()).toBe(1)
    const error = new QuorateError(ReplicaErrors.outcomeUnknown, 'lost', 'unknown')
    world.replica.proposals[0]!.done({ kind: 'failed', error })
    expect(waiting()).toBe(0)
  })

  test('wait while the client takes nothing, and go on when it does', () => {
    grantAll(3, 60)
    const { call, send, handlers } = streamOf()
    call.isFull = true
    for (const id of [1n, 2n, 3n]) send(ask(id))
    world.clock.settle()
    expect(answers(call)).toHaveLength(1)
    call.isFull = false
    handlers.drained()
    expect(answers(call)).toHaveLength(3)
  })

  test('end well once the client has said all and everything is answered', () => {
    grantAll(1, 60)
    const { call, send, handlers } = streamOf()
    send(ask(1n))
    handlers.halfClosed()
    expect(call.ended).toBe(false)
    world.clock.settle()
    expect(call).toMatchObject({ ended: true, status: GrpcStatus.ok })
  })

  test('beyond what one stream may have on its way end it', () => {
    world.replica.holds = true
    const { call, send } = streamOf()
    for (let i = 0; i < STREAM_RENEWALS_MAX; i++) send(ask(1n))
    expect(call.ended).toBe(false)
    send(ask(1n))
    expect(failed(call)).toBe('etcdserver: too many requests')
  })

  test('prolong the lease from the time of the record', () => {
    world.grant(7n, 10)
    pass(9_000)
    streamOf().send(ask(7n))
    world.clock.settle()
    pass(5_000)
    expect(timeToLiveResponse(world.timeToLive(7n)).ttlSeconds).toBe(5)
  })
})

/** The Lease service: what it grants and refuses, and what it tells of leases. */
import { beforeEach, describe, expect, test } from 'vitest'
import { LEASE_TTL_SECONDS_MAX } from '../../machines/kv/limits.ts'
import { GrpcStatus } from '../../wire/grpc/status.ts'
import { SHORT_RANGE_ROWS } from './limits.ts'
import type { FakeCall } from './testing/fake-call.ts'
import { leaseResponse, leasesResponse, text, timeToLiveResponse, World } from './testing/world.ts'

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

function failed(call: FakeCall): string | undefined {
  return call.status === GrpcStatus.ok ? undefined : call.message
}

describe('a grant', () => {
  test('without an id is given one that is positive, and another each time', () => {
    const ids = [world.grant(0n, 60), world.grant(0n, 60)].map(call => leaseResponse(call).id)
    expect(ids).toEqual([0x0101010101010101n, 0x0202020202020202n])
    const negative = new World({ entropy: count => new Uint8Array(count).fill(0xff) })
    expect(leaseResponse(negative.grant(0n, 60)).id).toBe(2n ** 63n - 1n)
  })

  test('is given another id when the one that was chosen is taken', () => {
    world.grant(0x0101010101010101n, 60)
    expect(leaseResponse(world.grant(0n, 60)).id).toBe(0x0202020202020202n)
  })

  test('is for the shortest time at least, and for 9,000,000,000 seconds at most', () => {
    expect(leaseResponse(world.grant(1n, 1)).ttlSeconds).toBe(2)
    expect(leaseResponse(world.grant(2n, -5)).ttlSeconds).toBe(2)
    expect(leaseResponse(world.grant(3n, LEASE_TTL_SECONDS_MAX)).ttlSeconds).toBe(LEASE_TTL_SECONDS_MAX)
    expect(failed(world.grant(4n, LEASE_TTL_SECONDS_MAX + 1))).toBe('etcdserver: too large lease TTL')
    expect(leaseResponse(new World({ leaseTtlSecondsMin: 15 }).grant(1n, 1)).ttlSeconds).toBe(15)
  })

  test('of an id that is taken is refused', () => {
    world.grant(7n, 60)
    expect(world.grant(7n, 60)).toMatchObject({
      status: GrpcStatus.failedPrecondition,
      message: 'etcdserver: lease already exists',
    })
  })

  test('is refused while the store is full', () => {
    world.replica.fakeSizeBytes = 2 ** 40
    expect(failed(world.grant(1n, 60))).toBe('etcdserver: mvcc: database space exceeded')
  })
})

test('the revocation of what is not there is refused', () => {
  world.grant(7n, 60)
  expect(world.revoke(7n).status).toBe(GrpcStatus.ok)
  expect(world.revoke(7n)).toMatchObject({
    status: GrpcStatus.notFound,
    message: 'etcdserver: requested lease not found',
  })
})

describe('a time to live', () => {
  test('is what is left in whole seconds, with what was granted', () => {
    world.grant(7n, 60)
    pass(1_001)
    expect(timeToLiveResponse(world.timeToLive(7n))).toMatchObject({ ttlSeconds: 58, grantedTtlSeconds: 60 })
  })

  test('is never below zero while the lease is there, and never above what was granted', () => {
    world.grant(7n, 60)
    pass(61_000)
    expect(timeToLiveResponse(world.timeToLive(7n)).ttlSeconds).toBe(0)
    world.replica.now = -5_000
    expect(timeToLiveResponse(world.timeToLive(7n)).ttlSeconds).toBe(60)
  })

  test('of no lease is -1, and no error', () => {
    expect(timeToLiveResponse(world.timeToLive(7n))).toMatchObject({ id: 7n, ttlSeconds: -1 })
  })

  test('names the keys in their order, if asked for', () => {
    world.grant(7n, 60)
    for (const key of ['b', 'a']) world.put({ key: text(key), lease: 7n })
    expect(timeToLiveResponse(world.timeToLive(7n)).keys).toEqual([])
    expect(timeToLiveResponse(world.timeToLive(7n, true)).keys).toEqual([text('a'), text('b')])
  })

  test('with more keys than are read at once is answered over several turns, from one state', () => {
    world.grant(7n, 60)
    const count = SHORT_RANGE_ROWS + 500
    for (let i = 0; i < count; i++) world.put({ key: text(`${i}`), lease: 7n })
    const call = world.timeToLive(7n, true)
    expect(call.ended).toBe(false)
    world.revoke(7n)
    world.clock.settle()
    expect(timeToLiveResponse(call).keys).toHaveLength(count)
    expect(world.replica.pinned).toBe(0)
  })

  test('is read behind a barrier', () => {
    world.grant(7n, 60)
    world.replica.holds = true
    const call = world.timeToLive(7n)
    expect(call.ended).toBe(false)
    world.replica.reads[0]!.done(null)
    expect(timeToLiveResponse(call).ttlSeconds).toBe(60)
  })
})

test('leases are listed in the order in which they will be over', () => {
  world.grant(1n, 60)
  world.grant(2n, 20)
  world.grant(3n, 40)
  expect(leasesResponse(world.leases()).ids).toEqual([2n, 3n, 1n])
})

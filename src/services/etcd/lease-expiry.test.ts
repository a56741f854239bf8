/** When leases end, how many at a time, and how the log is made to tell the time. */
import { beforeEach, describe, expect, test } from 'vitest'
import { QuorateError } from '../../core/errors.ts'
import { addMs, type ClusterTime } from '../../core/time.ts'
import { decodeCommand } from '../../machines/kv/command-codec.ts'
import { ReplicaErrors } from '../../replication/replica.ts'
import { writeLeaseIdRequest } from '../../wire/etcd/lease.ts'
import { encode } from '../../wire/etcd/protobuf-writer.ts'
import { LeaseExpiry } from './lease-expiry.ts'
import { EXPIRY_INTERVAL_MS, EXPIRY_ROWS_MAX, EXPIRY_ROWS_PER_LOOK_MAX } from './limits.ts'
import { EtcdPaths } from './method-paths.ts'
import { FakeCall } from './testing/fake-call.ts'
import { leasesResponse, text, timeToLiveResponse, World } from './testing/world.ts'

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

describe('the end of leases', () => {
  let expiry: LeaseExpiry
  beforeEach(() => {
    expiry = new LeaseExpiry(world.replica, world.clock)
    expiry.roleChanged()
  })
  const left = () => leasesResponse(world.leases()).ids

  test('comes at the first look after their time, and not before', () => {
    world.grant(7n, 10)
    world.put({ key: text('k'), lease: 7n })
    pass(10_000 - 1)
    expect(left()).toEqual([7n])
    pass(EXPIRY_INTERVAL_MS)
    expect(left()).toEqual([])
    expect(timeToLiveResponse(world.timeToLive(7n)).ttlSeconds).toBe(-1)
  })

  test('comes also while so much is asked for that callers are refused', () => {
    world.grant(7n, 10)
    world.replica.isFull = true
    pass(10_000 + EXPIRY_INTERVAL_MS)
    world.replica.isFull = false
    expect(left()).toEqual([])
  })

  test('is brought about by the leader alone', () => {
    world.grant(7n, 10)
    world.replica.fakeStatus = { role: 'follower' }
    expiry.roleChanged()
    pass(60_000)
    expect(left()).toEqual([7n])
    world.replica.fakeStatus = {}
    expiry.roleChanged()
    pass(EXPIRY_INTERVAL_MS)
    expect(left()).toEqual([])
  })

  test('does not come while a renewal stands in the log before it', () => {
    world.grant(7n, 10)
    world.replica.now += 11_000
    world.replica.holds = true
    world.clock.pass(EXPIRY_INTERVAL_MS)
    const [held] = world.replica.proposals
    world.replica.holds = false
    world.begin(new FakeCall(EtcdPaths.leaseKeepAlive), encode({ id: 7n }, writeLeaseIdRequest))
    world.clock.settle()
    held!.done({ kind: 'done', result: world.replica.apply(held!.command) })
    expect(left()).toEqual([7n])
    // It was told of nothing that ended, and looks again when it would anyway.
    expect(world.replica.proposed).toBe(3)
  })

  test('is proposed once a look, however often the entry comes too early for it', () => {
    world.grant(7n, 10)
    world.replica.now += 9_000
    // A leader that has yet to apply an entry of its own may take the cluster's time for later than it is.
    world.replica.clusterTime = () => (world.replica.now + 5_000) as ClusterTime
    const before = world.replica.proposed
    world.clock.pass(EXPIRY_INTERVAL_MS)
    expect(world.replica.proposed - before).toBe(1)
    expect(left()).toEqual([7n])
  })

  test('of many is spread over commands of a slice each, one at a time', () => {
    grantAll(EXPIRY_ROWS_MAX + 10, 10)
    world.replica.now += 11_000
    world.replica.holds = true
    world.clock.pass(EXPIRY_INTERVAL_MS)
    const sizes: number[] = []
    for (
      let held = world.replica.proposals.shift();
      held !== undefined;
      held = world.replica.proposals.shift()
    ) {
      const command = decodeCommand(held.command)
      sizes.push(command.kind === 'leaseExpire' ? command.leaseExpire.ids.length : -1)
      held.done({ kind: 'done', result: world.replica.apply(held.command) })
    }
    expect(sizes).toEqual([EXPIRY_ROWS_MAX, 10])
    world.replica.holds = false
    expect(left()).toEqual([])
  })

  test('counts the keys that go, and takes a lease with too many by itself', () => {
    grantAll(3, 10)
    for (let i = 0; i < EXPIRY_ROWS_MAX; i++) world.put({ key: text(`${i}`), lease: 2n })
    world.replica.now += 11_000
    const before = world.replica.proposed
    world.clock.pass(EXPIRY_INTERVAL_MS)
    expect(world.replica.proposed - before).toBe(3)
    expect(left()).toEqual([])
  })

  test('of very many takes several looks', () => {
    grantAll(EXPIRY_ROWS_PER_LOOK_MAX + 1, 10)
    world.replica.now += 11_000
    world.clock.pass(EXPIRY_INTERVAL_MS)
    expect(left()).toHaveLength(1)
    world.clock.pass(EXPIRY_INTERVAL_MS)
    expect(left()).toEqual([])
  })

  test('is looked for again after a proposal that failed', () => {
    world.grant(7n, 10)
    world.replica.now += 11_000
    world.replica.holds = true
    world.clock.pass(EXPIRY_INTERVAL_MS)
    const error = new QuorateError(ReplicaErrors.noLeader, 'nobody', 'refused')
    world.replica.proposals[0]!.done({ kind: 'failed', error })
    world.replica.holds = false
    world.clock.pass(EXPIRY_INTERVAL_MS)
    expect(left()).toEqual([])
  })

  test('is preceded by entries that tell the time, in a cluster with leases that writes nothing else', () => {
    pass(10_000)
    const before = world.replica.proposed
    expect(before).toBe(0)
    world.grant(7n, 60)
    pass(10_000)
    // A second may pass without one.
    expect(world.replica.proposed - before - 1).toBeGreaterThanOrEqual(9)
    expect(world.replica.proposed - before - 1).toBeLessThanOrEqual(10)
  })

  test('comes no more once the node stops', () => {
    world.grant(7n, 10)
    expiry.stop()
    pass(60_000)
    expect(left()).toEqual([7n])
    expect(world.clock.now()).toBe(addMs(0 as never, 60_000))
  })
})

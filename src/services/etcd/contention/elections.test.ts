import { expect, test } from 'vitest'
import { readLeaderResponse } from '../../../wire/etcd/election.ts'
import { decode } from '../../../wire/etcd/protobuf-reader.ts'
import { EtcdErrors } from '../errors.ts'
import { rangeResponse, text } from '../testing/world.ts'
import { ContentionErrors } from './errors.ts'
import { asText, ContestWorld, elected } from './testing/contest-world.ts'

function worldWith(...leases: bigint[]): ContestWorld {
  const world = new ContestWorld()
  for (const lease of leases) world.grant(lease, 1_000)
  return world
}

const refused = ({ status, message }: { status: number; message: string }) => ({ status, message })

test('whoever campaigns first is elected, with its key and its fencing token in the answer', () => {
  const world = worldWith(7n)
  const leader = elected(world.campaign('e', 7n, 'one'))
  expect(leader).toEqual({ name: text('e'), key: text('e/7'), revision: 2, lease: 7n })
})

test('the next is elected when the leader resigns, and who is is told to whoever asks', () => {
  const world = worldWith(1n, 2n)
  const first = elected(world.campaign('e', 1n, 'one'))
  const second = world.campaign('e', 2n, 'two')
  expect(second.ended).toBe(false)
  expect(asText(decode(world.leader('e').sent[0]!, readLeaderResponse).kv.value)).toBe('one')
  expect(world.resign(first).status).toBe(0)
  world.clock.settle()
  expect(elected(second)).toMatchObject({ key: text('e/2'), revision: 3 })
  expect(asText(decode(world.leader('e').sent[0]!, readLeaderResponse).kv.value)).toBe('two')
})

test('of an election without anybody there is no leader', () => {
  expect(worldWith().leader('e')).toMatchObject(refused(ContentionErrors.noElectedLeader))
})

test('whoever campaigns again under the same lease says the new value, in its old place', () => {
  const world = worldWith(1n, 2n)
  world.campaign('e', 1n, 'one')
  world.campaign('e', 2n, 'two')
  const again = world.campaign('e', 2n, 'other')
  expect(again.ended).toBe(false)
  const { kvs } = rangeResponse(world.range({ key: text('e/2') }))
  expect(kvs[0]).toMatchObject({ value: text('other'), createRevision: 3, version: 2 })
  expect(elected(world.campaign('e', 1n, 'one'))?.revision).toBe(2)
})

test('the leader says something else, and nobody who is not elected any more does', () => {
  const world = worldWith(1n)
  const leader = elected(world.campaign('e', 1n, 'one'))!
  expect(world.proclaim(leader, 'more').status).toBe(0)
  const [kv] = rangeResponse(world.range({ key: text('e/1') })).kvs
  expect(kv).toMatchObject({ value: text('more'), lease: 1n })
  world.resign(leader)
  expect(world.proclaim(leader, 'late')).toMatchObject(refused(ContentionErrors.notElected))
  expect(world.line('e')).toEqual([])
})

test('a leader key without its lease leaves the key the lease that it has', () => {
  const world = worldWith(1n)
  const leader = elected(world.campaign('e', 1n, 'one'))!
  expect(world.proclaim({ ...leader, lease: 0n }, 'more').status).toBe(0)
  expect(rangeResponse(world.range({ key: text('e/1') })).kvs[0]).toMatchObject({ lease: 1n, version: 2 })
})

test('resigning twice does no harm, least of all to whoever was elected since under the same key', () => {
  const world = worldWith(1n)
  const leader = elected(world.campaign('e', 1n, 'one'))!
  world.resign(leader)
  const next = elected(world.campaign('e', 1n, 'one'))!
  expect(next.revision).toBeGreaterThan(leader.revision)
  expect(world.resign(leader).status).toBe(0)
  expect(world.line('e')).toEqual(['e/1'])
})

test('proclaiming and resigning need the leader’s key', () => {
  const world = worldWith()
  for (const call of [world.proclaim(undefined, 'x'), world.resign(undefined)]) {
    expect(call).toMatchObject(refused(ContentionErrors.leaderKeyMissing))
  }
  const empty = { name: text(''), key: text(''), revision: 0, lease: 0n }
  expect(world.resign(empty)).toMatchObject(refused(EtcdErrors.keyNotProvided))
})

test('a campaign whose key is taken away is told that it is lost', () => {
  const world = worldWith(1n, 2n)
  world.campaign('e', 1n, 'one')
  const second = world.campaign('e', 2n, 'two')
  world.revoke(2n)
  world.clock.settle()
  expect(second).toMatchObject(refused(ContentionErrors.notElected))
})

test('an observer is told of each leader and of all that it says, from when there is one', () => {
  const world = worldWith(1n, 2n)
  const observer = world.observe('e')
  world.clock.settle()
  expect(observer.told()).toEqual([])
  const first = elected(world.campaign('e', 1n, 'a'))!
  world.proclaim(first, 'b')
  world.campaign('e', 2n, 'other')
  world.proclaim(first, 'c')
  world.clock.settle()
  expect(observer.told()).toEqual(['e/1=a@2', 'e/1=b@3', 'e/1=c@5'])
  world.resign(first)
  world.clock.settle()
  expect(observer.told()).toEqual(['e/2=other@6'])
})

test('an observer who comes late begins with whoever is elected', () => {
  const world = worldWith(1n)
  world.campaign('e', 1n, 'a')
  world.put({ key: text('else') })
  expect(world.observe('e').told()).toEqual(['e/1=a@3'])
})

test('an observer who is slow loses nothing that the leader said', () => {
  const world = new ContestWorld({ watchAheadBytes: 1 })
  world.grant(1n, 1_000)
  const leader = elected(world.campaign('e', 1n, 'a'))!
  const observer = world.observe('e')
  world.clock.settle()
  observer.call.isFull = true
  for (const value of ['b', 'c', 'd']) {
    world.proclaim(leader, value)
    world.clock.settle()
  }
  expect(observer.told()).toEqual(['e/1=a@2', 'e/1=b@3'])
  observer.drain()
  world.clock.settle()
  expect(observer.told()).toEqual(['e/1=c@4', 'e/1=d@5'])
})

test('an observer goes on over a compaction', () => {
  const world = worldWith(1n)
  const leader = elected(world.campaign('e', 1n, 'a'))!
  const observer = world.observe('e')
  observer.call.isFull = true
  world.proclaim(leader, 'b')
  world.clock.settle()
  world.proclaim(leader, 'c')
  world.clock.settle()
  world.compact(4)
  world.proclaim(leader, 'd')
  world.clock.settle()
  observer.drain()
  world.clock.settle()
  expect(observer.told().at(-1)).toBe('e/1=d@5')
})

test('an observer’s watch ends with its call', () => {
  const world = worldWith(1n)
  world.campaign('e', 1n, 'a')
  const observer = world.observe('e')
  world.clock.settle()
  expect(world.counters.watchers).toBe(1)
  observer.call.cancel()
  expect(world.counters.watchers).toBe(0)
})

test('an observer who requires a leader is told when there was none for too long', () => {
  const world = worldWith(1n)
  world.campaign('e', 1n, 'a')
  const observer = world.observe('e', { hasleader: 'true' })
  world.clock.settle()
  world.replica.fakeStatus = { leader: 0n as never }
  world.clock.pass(5_000)
  expect(observer.call).toMatchObject(refused(EtcdErrors.noLeader))
})

/** Members that do not hold the same are found out, and then nobody changes anything. */
import { expect, test } from 'vitest'
import { put } from '../../../test/harness/kv-operations.ts'
import { encodeCommand } from '../../machines/kv/command-codec.ts'
import { readHashReport } from '../../machines/kv/hash-report.ts'
import { AlarmAction, AlarmType } from '../../wire/etcd/alarm.ts'
import { HASH_LOOK_MS } from './limits.ts'
import { FakeReplica } from './testing/fake-replica.ts'
import { HandClock } from './testing/hand-clock.ts'
import { alarmResponse, text, World } from './testing/world.ts'

const INTERVAL_MS = 60_000
const SELF = 0xa1n

function checking(): World {
  return new World({ corruptCheck: { intervalMs: INTERVAL_MS, isInitial: false } })
}

function pass(world: World, ms: number): void {
  world.clock.pass(ms)
  world.clock.settle()
}

function isAlarmed(world: World): boolean {
  const { alarms } = alarmResponse(world.alarm(AlarmAction.get))
  if (alarms.length > 0) expect(alarms).toEqual([{ memberId: SELF, alarm: AlarmType.corrupt }])
  return alarms.length > 0
}

/** What the leader of a cluster that holds `value` under one key reports; as the log brings it to its followers. */
function reportOf(value: string, compactAt = 0): Uint8Array {
  const leader = checking()
  leader.put({ key: text('k'), value: text(value) })
  if (compactAt > 0) leader.compact(compactAt)
  pass(leader, INTERVAL_MS)
  const hashReport = readHashReport(leader.replica.view)
  if (hashReport === undefined) throw new Error('the leader reports')
  return encodeCommand({ kind: 'hashReport', hashReport })
}

function followerOf(report: Uint8Array, value: string): World {
  const world = checking()
  world.replica.fakeStatus = { role: 'follower' }
  world.put({ key: text('k'), value: text(value) })
  world.replica.apply(report)
  return world
}

test('a member with the same history finds nothing wrong', () => {
  const world = followerOf(reportOf('v'), 'v')
  pass(world, HASH_LOOK_MS)
  expect(isAlarmed(world)).toBe(false)
  expect(world.put({ key: text('k') }).status).toBe(0)
})

test('a member with another one raises the alarm, once', () => {
  const world = followerOf(reportOf('v'), 'w')
  pass(world, HASH_LOOK_MS)
  expect(isAlarmed(world)).toBe(true)
  expect(world.put({ key: text('k') })).toMatchObject({ status: 15, message: 'etcdserver: corrupt cluster' })
  const { proposed } = world.replica
  pass(world, 5 * HASH_LOOK_MS)
  expect(world.replica.proposed).toBe(proposed)
})

test('what came after the leader’s hash makes no difference', () => {
  const world = followerOf(reportOf('v'), 'v')
  world.put({ key: text('other') })
  pass(world, HASH_LOOK_MS)
  expect(isAlarmed(world)).toBe(false)
})

test('a member that was compacted at another revision has nothing to compare with', () => {
  const world = followerOf(reportOf('v', 2), 'w')
  pass(world, HASH_LOOK_MS)
  expect(isAlarmed(world)).toBe(false)
})

test('a hash of before the start is compared with on request', () => {
  for (const isInitial of [true, false]) {
    const clock = new HandClock()
    const replica = new FakeReplica(clock)
    replica.apply(encodeCommand(put('k', 'w')))
    replica.apply(reportOf('v'))
    const world = new World({ clock, replica, corruptCheck: { intervalMs: 0, isInitial } })
    pass(world, HASH_LOOK_MS)
    expect(isAlarmed(world)).toBe(isInitial)
  }
})

test('nothing is hashed unless it was asked for', () => {
  const world = new World()
  world.put({ key: text('k') })
  pass(world, 10 * INTERVAL_MS)
  expect(readHashReport(world.replica.view)).toBeUndefined()
})

test('only who leads reports, and gives back what it read from', () => {
  const world = checking()
  world.replica.fakeStatus = { role: 'follower' }
  pass(world, INTERVAL_MS)
  expect(readHashReport(world.replica.view)).toBeUndefined()
  world.replica.fakeStatus = { role: 'leader' }
  pass(world, INTERVAL_MS)
  expect(readHashReport(world.replica.view)).toBeDefined()
  expect(world.replica.pinned).toBe(0)
})

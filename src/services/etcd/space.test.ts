/** Alarms as clients and members meet them: raised when there is no room, lifted when there is. */
import { describe, expect, test } from 'vitest'
import type { NodeId } from '../../core/ids.ts'
import { AlarmAction, AlarmType } from '../../wire/etcd/alarm.ts'
import { ALARM_LOOK_MS, OFFER_AGAIN_MS, OFFER_PATIENCE_MS, TIDY_MS } from './limits.ts'
import { alarmResponse, statusResponse, text, World } from './testing/world.ts'

const SELF = 0xa1n
const key = text('k')
const noSpace = { status: 8, message: 'etcdserver: mvcc: database space exceeded' }
const { activate, deactivate, get } = AlarmAction

function alarmsOf(world: World, alarm: number = AlarmType.none) {
  return alarmResponse(world.alarm(get, 0n, alarm)).alarms
}

const own = { memberId: SELF, alarm: AlarmType.noSpace }

function fullWorld(): World {
  const world = new World({ quotaBytes: 10_000 })
  world.replica.fakeSizeBytes = 9_990
  expect(world.put({ key })).toMatchObject(noSpace)
  return world
}

describe('a member without room', () => {
  test('tells everybody, and says so in its status', () => {
    const world = fullWorld()
    expect(alarmsOf(world)).toEqual([own])
    expect(statusResponse(world.status()).errors).toEqual(['memberID:161 alarm:NOSPACE '])
  })

  test('finds out by itself, too: what others let in fills its store as well', () => {
    const world = new World({ quotaBytes: 10_000 })
    world.replica.fakeSizeBytes = 10_000
    expect(alarmsOf(world)).toEqual([])
    world.clock.pass(ALARM_LOOK_MS)
    expect(alarmsOf(world)).toEqual([own])
  })

  test('is one that is alone, and whose disk had no room for a checkpoint', () => {
    let isDiskFull = true
    const world = new World({ isDiskFull: () => isDiskFull })
    world.clock.pass(ALARM_LOOK_MS)
    expect(alarmsOf(world)).toEqual([own])
    expect(world.put({ key })).toMatchObject(noSpace)
    isDiskFull = false
    world.clock.pass(ALARM_LOOK_MS)
    expect(alarmsOf(world)).toEqual([])
  })

  describe('on its disk, among others,', () => {
    const others = [0xb2n, 0xc3n] as NodeId[]
    const amongOthers = (role: 'leader' | 'follower'): World => {
      const world = new World({ isDiskFull: () => true })
      const membership = { voters: [SELF as NodeId, ...others], learners: [] }
      world.replica.fakeStatus = { role, membership }
      return world
    }

    test('follows as if nothing were, and takes what it is asked', () => {
      const world = amongOthers('follower')
      world.clock.pass(OFFER_AGAIN_MS)
      expect(alarmsOf(world)).toEqual([])
      expect(world.put({ key }).status).toBe(0)
      expect(world.replica.transfers).toEqual([])
    })

    test('has another one lead, and refuses nothing meanwhile', () => {
      const world = amongOthers('leader')
      world.clock.pass(ALARM_LOOK_MS)
      expect(world.replica.transfers).toEqual([others[0]])
      expect(world.put({ key }).status).toBe(0)
      world.replica.fakeStatus = { ...world.replica.fakeStatus, role: 'follower' }
      world.clock.pass(OFFER_PATIENCE_MS)
      expect(alarmsOf(world)).toEqual([])
    })

    test('raises the alarm if it leads all the same, and asks the next one later', () => {
      const world = amongOthers('leader')
      world.clock.pass(ALARM_LOOK_MS + OFFER_PATIENCE_MS)
      expect(alarmsOf(world)).toEqual([own])
      expect(world.put({ key })).toMatchObject(noSpace)
      world.clock.pass(OFFER_AGAIN_MS)
      expect(world.replica.transfers).toEqual(others)
      expect(alarmsOf(world)).toEqual([own])
      world.replica.fakeStatus = { ...world.replica.fakeStatus, role: 'follower' }
      world.clock.pass(ALARM_LOOK_MS)
      expect(alarmsOf(world)).toEqual([])
    })
  })

  test('has room again only with some to spare', () => {
    const world = fullWorld()
    world.replica.fakeSizeBytes = 9_001
    world.clock.pass(10 * ALARM_LOOK_MS)
    expect(alarmsOf(world)).toEqual([own])
    world.replica.fakeSizeBytes = 9_000
    world.clock.pass(ALARM_LOOK_MS)
    expect(alarmsOf(world)).toEqual([])
    expect(world.put({ key }).status).toBe(0)
  })

  test('has its files merged to see what there is: after a compaction, and ever more seldom', () => {
    const merges: (() => void)[] = []
    const files = {
      bytes: 0,
      cacheBytes: 0,
      defragment: (done: (error: null) => void) => merges.push(() => done(null)),
    }
    const world = new World({ quotaBytes: 10_000, files })
    world.clock.pass(10 * ALARM_LOOK_MS)
    expect(merges).toHaveLength(0)
    world.replica.fakeSizeBytes = 9_001
    world.clock.pass(10 * ALARM_LOOK_MS)
    expect(merges).toHaveLength(1)
    merges[0]!()
    world.clock.pass(TIDY_MS + ALARM_LOOK_MS)
    expect(merges).toHaveLength(2)
    merges[1]!()
    world.clock.pass(2 * TIDY_MS - ALARM_LOOK_MS)
    expect(merges).toHaveLength(2)
    world.clock.pass(2 * ALARM_LOOK_MS)
    expect(merges).toHaveLength(3)
    merges[2]!()
    world.replica.fakeSizeBytes = undefined
    world.put({ key })
    world.compact(2)
    world.replica.fakeSizeBytes = 9_001
    world.clock.pass(ALARM_LOOK_MS)
    expect(merges).toHaveLength(4)
  })

  test('refuses a request that is larger than what is left, and others not', () => {
    const world = new World({ quotaBytes: 10_000 })
    world.replica.fakeSizeBytes = 1_000
    expect(world.put({ key, value: new Uint8Array(9_000) })).toMatchObject(noSpace)
    expect(alarmsOf(world)).toEqual([])
    expect(world.put({ key }).status).toBe(0)
  })

  test('proposes its alarm once, however many are refused', () => {
    const world = new World({ quotaBytes: 10_000 })
    world.replica.fakeSizeBytes = 10_000
    world.replica.holds = true
    for (let i = 0; i < 5; i++) world.put({ key })
    world.clock.pass(3 * ALARM_LOOK_MS)
    expect(world.replica.proposed).toBe(1)
  })
})

describe('the alarm of another member', () => {
  const other = { memberId: 0xb2n, alarm: AlarmType.noSpace }
  const alarmed = (): World => {
    const world = new World()
    world.alarm(activate, other.memberId, AlarmType.noSpace)
    return world
  }

  test('refuses puts here, before they are in anybody’s log', () => {
    const world = alarmed()
    const { proposed } = world.replica
    expect(world.put({ key })).toMatchObject(noSpace)
    expect(world.grant(7n, 60)).toMatchObject(noSpace)
    expect(world.replica.proposed).toBe(proposed)
  })

  test('is looked at again behind a barrier: it may have been lifted where this member has not seen it', () => {
    const world = alarmed()
    world.replica.holds = true
    const call = world.put({ key })
    expect(world.replica.proposals).toHaveLength(0)
    world.replica.holds = false
    world.alarm(deactivate, other.memberId, AlarmType.noSpace)
    world.replica.reads[0]!.done(null)
    expect(call.status).toBe(0)
  })

  test('is lifted by the leader once that member has left, unless somebody raised it by hand', () => {
    const world = new World({ quotaBytes: 10_000, memberId: other.memberId })
    world.replica.fakeSizeBytes = 10_000
    world.put({ key })
    world.replica.fakeSizeBytes = 9_500
    expect(alarmsOf(world)).toEqual([other])
    world.alarm(activate, 0xc3n, AlarmType.noSpace)
    world.clock.pass(5 * ALARM_LOOK_MS)
    expect(alarmsOf(world)).toEqual([{ ...other, memberId: 0xc3n }])
  })
})

describe('by hand', () => {
  test('alarms are raised, told by kind, and lifted', () => {
    const world = new World()
    const raised = { memberId: 2n ** 64n - 1n, alarm: AlarmType.corrupt }
    expect(alarmResponse(world.alarm(activate, raised.memberId, AlarmType.corrupt)).alarms).toEqual([raised])
    world.alarm(activate, SELF, AlarmType.noSpace)
    expect(alarmsOf(world)).toEqual([raised, own])
    expect(alarmsOf(world, AlarmType.noSpace)).toEqual([own])
    expect(world.deleteRange({ key })).toMatchObject({ status: 15, message: 'etcdserver: corrupt cluster' })
    expect(alarmResponse(world.alarm(deactivate, raised.memberId, AlarmType.corrupt)).alarms).toEqual([
      raised,
    ])
    expect(alarmResponse(world.alarm(deactivate, raised.memberId, AlarmType.corrupt)).alarms).toEqual([])
    expect(alarmsOf(world)).toEqual([own])
  })

  test('what was raised stays until it is lifted by hand', () => {
    const world = new World()
    world.alarm(activate, SELF, AlarmType.noSpace)
    world.clock.pass(10 * ALARM_LOOK_MS)
    expect(alarmsOf(world)).toEqual([own])
  })

  test('what is no alarm, or no action, is answered and does nothing', () => {
    const world = new World()
    for (const [action, alarm] of [
      [activate, AlarmType.none],
      [activate, 3],
      [7, AlarmType.noSpace],
    ] as const) {
      expect(alarmResponse(world.alarm(action, SELF, alarm)).alarms).toEqual([])
    }
    expect(alarmsOf(world)).toEqual([])
  })
})

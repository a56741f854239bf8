import { beforeEach, expect, test } from 'vitest'
import type { Ballot, Index } from '../core/ids.ts'
import type { LogBase } from '../core/log-update.ts'
import { addMs, type ClusterTime } from '../core/time.ts'
import type { DiskError } from '../runtime/disk.ts'
import { SimulatedClock } from '../sim/clock.ts'
import type { SimulatedDisk } from '../sim/disk.ts'
import { Checkpointer } from './checkpointer.ts'
import { emptyStore } from './empty-store.conformance.ts'
import { CHECKPOINT_RETRY_MS } from './limits.ts'
import { SlowStore } from './testing/slow-store.ts'

const ENTRIES_MAX = 10

let world: SimulatedClock
let disk: SimulatedDisk
let store: SlowStore
let checkpointed: number[]
let failures: DiskError[]
let begun: number
let checkpointer: Checkpointer

const base = (index: number): LogBase => ({
  index: index as Index,
  ballot: 1 as Ballot,
  time: 0 as ClusterTime,
  configuration: new Uint8Array(0),
})

beforeEach(() => {
  world = new SimulatedClock()
  const opened = emptyStore(world)
  disk = opened.disk
  store = new SlowStore(opened.store)
  checkpointed = []
  failures = []
  begun = 0
  const { checkpoint } = store
  store.checkpoint = done => {
    begun++
    checkpoint.call(store, done)
  }
  checkpointer = new Checkpointer(world.node(), store, base(100), ENTRIES_MAX, {
    checkpointed: ({ index }) => checkpointed.push(index),
    failed: error => failures.push(error),
  })
})

test('a checkpoint is due when enough entries lie behind the last one', () => {
  checkpointer.written(base(109))
  world.runUntilIdle()
  expect(begun).toBe(0)
  checkpointer.written(base(110))
  world.runUntilIdle()
  expect(checkpointed).toEqual([110])
  checkpointer.written(base(119))
  world.runUntilIdle()
  checkpointer.written(base(125))
  world.runUntilIdle()
  expect(checkpointed).toEqual([110, 125])
})

test('a checkpoint is due when the store asks for it, however few entries there were', () => {
  store.checkpointDue = true
  checkpointer.written(base(101))
  store.checkpointDue = false
  world.runUntilIdle()
  expect(checkpointed).toEqual([101])
})

test('what a sweep wrote may be made durable too, and tells the log nothing new', () => {
  store.checkpointDue = true
  checkpointer.written(base(100))
  store.checkpointDue = false
  world.runUntilIdle()
  expect(begun).toBe(1)
  expect(checkpointed).toEqual([])
})

test('what was written while a checkpoint was under way is in the next, which begins at its end if it is due', () => {
  checkpointer.written(base(110))
  checkpointer.written(base(119))
  checkpointer.written(base(120))
  expect(begun).toBe(1)
  world.runUntilIdle()
  expect(checkpointed).toEqual([110, 120])
})

test('a full disk is tried again after a while, though nothing is written meanwhile', () => {
  const batch = store.batch()
  batch.put(Uint8Array.of(1), Uint8Array.of(2))
  batch.commit()
  disk.faults.capacityBytes = 0
  checkpointer.written(base(110))
  while (failures.length === 0) world.step()
  expect(failures[0]!.kind).toBe('full')
  checkpointer.written(base(111))
  expect(begun).toBe(1)
  disk.faults.heal()
  const before = world.now()
  world.runUntilIdle()
  expect(checkpointed).toEqual([111])
  expect(world.now()).toBeGreaterThanOrEqual(addMs(before, CHECKPOINT_RETRY_MS))
})

test('one that failed is tried again though none is due any more: what it was to write still lies in memory', () => {
  const batch = store.batch()
  batch.put(Uint8Array.of(1), Uint8Array.of(2))
  batch.commit()
  disk.faults.capacityBytes = 0
  store.checkpointDue = true
  checkpointer.written(base(101))
  store.checkpointDue = false
  while (failures.length === 0) world.step()
  disk.faults.heal()
  world.runUntilIdle()
  expect(begun).toBe(2)
  expect(checkpointed).toEqual([101])
})

test('after an installation it counts from there', () => {
  checkpointer.installed(base(200))
  checkpointer.written(base(209))
  world.runUntilIdle()
  expect(begun).toBe(0)
  checkpointer.written(base(210))
  world.runUntilIdle()
  expect(checkpointed).toEqual([210])
})

test('a checkpoint that an installation overtook does not set it back', () => {
  checkpointer.written(base(110))
  checkpointer.installed(base(200))
  world.runUntilIdle()
  expect(checkpointed).toEqual([])
})

test('one that was stopped begins nothing and tells nobody', () => {
  checkpointer.written(base(110))
  checkpointer.stop()
  world.runUntilIdle()
  checkpointer.written(base(150))
  world.runUntilIdle()
  expect(begun).toBe(1)
  expect(checkpointed).toEqual([])
})

test('whoever asks for one hears when it has ended, or the one that was under way, well or not', () => {
  const told: string[] = []
  checkpointer.ask(() => told.push('first'))
  checkpointer.ask(() => told.push('second'))
  expect([begun, told]).toEqual([1, []])
  world.runUntilIdle()
  expect([begun, told]).toEqual([1, ['first', 'second']])
  checkpointer.written(base(101))
  disk.faults.failNext('sync')
  checkpointer.ask(() => told.push('failed'))
  world.runUntil(addMs(world.now(), CHECKPOINT_RETRY_MS / 2))
  expect(told.at(-1)).toBe('failed')
})

test('whoever asked hears nothing when what it made durable stops the group', () => {
  const stopped = new Checkpointer(world.node(), store, base(100), ENTRIES_MAX, {
    checkpointed: () => stopped.stop(),
    failed: error => failures.push(error),
  })
  stopped.written(base(110))
  stopped.ask(() => expect.unreachable('it was stopped'))
  world.runUntilIdle()
  expect(begun).toBe(1)
})

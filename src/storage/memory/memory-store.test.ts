import { expect, test } from 'vitest'
import { describeStore } from '../store.conformance.ts'
import { bytes, bytesOf, type Pairs, pairs, putAll } from '../store-pairs.conformance.ts'
import { StoreWorld } from '../store-world.conformance.ts'
import { openMemoryStore } from './memory-store.ts'

describeStore('the store in memory', openMemoryStore)

const CONTENT: Pairs = Array.from({ length: 9000 }, (_, i) => [`key ${i + 10_000}`, `${i}`.repeat(20)])

test('knows exactly how many bytes it holds', () => {
  const store = new StoreWorld(openMemoryStore).open()
  putAll(store, CONTENT)
  putAll(
    store,
    CONTENT.slice(0, 3000).map(([key]) => [key, 'another value']),
  )
  const batch = store.batch()
  for (const [key] of CONTENT.slice(2000, 5000)) batch.delete(bytes(key), 'present')
  batch.delete(bytes('not there'))
  batch.commit()
  expect(store.sizeBytes()).toBe(bytesOf(pairs(store)))
})

test('writes all of it at a checkpoint, as much as it said, and keeps one', () => {
  const world = new StoreWorld(openMemoryStore)
  const store = world.open()
  putAll(store, CONTENT)
  const estimate = store.checkpointBytes()
  expect(estimate).toBeGreaterThan(store.sizeBytes())
  for (let i = 0; i < 5; i++) world.checkpoint(store)
  expect(world.disk.image().size).toBe(1)
  expect(Math.abs(estimate - world.usedBytes)).toBeLessThan(world.usedBytes / 20)
})

test('holds a writer to its word', () => {
  const store = new StoreWorld(openMemoryStore).open()
  putAll(store, CONTENT)
  const batch = store.batch()
  const [there, notThere] = [bytes(CONTENT[0]![0]), bytes('not there')]
  expect(() => batch.put(there, bytes(''), 'absent')).toThrow('a writer knows')
  expect(() => batch.delete(there, 'absent')).toThrow('a writer knows')
  expect(() => batch.put(notThere, bytes(''), 'present')).toThrow('a writer knows')
  expect(() => batch.delete(bytes('nor this'), 'present')).toThrow('a writer knows')
})

test('never asks for a checkpoint and is never congested', () => {
  const store = new StoreWorld(openMemoryStore).open()
  for (let i = 0; i < 40; i++) putAll(store, [[`key ${i}`, 'v'.repeat(1 << 20)]])
  expect([store.checkpointDue, store.isCongested]).toEqual([false, false])
})

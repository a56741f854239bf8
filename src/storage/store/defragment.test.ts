/** Merging all that is on disk: nothing is lost, what was superseded goes, and everything else goes on meanwhile. */
import { describe, expect, test } from 'vitest'
import type { DiskError } from '../../runtime/disk.ts'
import { bytes, putAll, text } from '../store-pairs.conformance.ts'
import { StoreWorld } from '../store-world.conformance.ts'
import type { LsmStore } from './lsm-store.ts'
import { openStore } from './open-store.ts'

const KEYS = 200

/** Three checkpoints of the same keys: too few, and too small, for merges of their own accord. */
function overwritten(): { world: StoreWorld; store: LsmStore } {
  const world = new StoreWorld((options, opened) => openStore(options, opened))
  const store = world.open() as LsmStore
  for (const round of ['1', '2', '3']) {
    putAll(store, pairs(round))
    expect(world.checkpoint(store)).toBeNull()
  }
  return { world, store }
}

function pairs(round: string): [string, string][] {
  return Array.from({ length: KEYS }, (_, i) => [`k${i}`, `${round}`.repeat(100)])
}

function defragment({ world, store }: ReturnType<typeof overwritten>): DiskError | null {
  return world.await<DiskError | null>(done => store.defragment(done))
}

describe('defragmenting', () => {
  test('gives back the room of what was superseded, and keeps the rest', () => {
    const made = overwritten()
    const { world, store } = made
    const before = store.fileBytes
    expect(defragment(made)).toBeNull()
    expect(store.fileBytes).toBeLessThan(before / 2)
    expect(store.count({ from: bytes('') })).toBe(KEYS)
    for (const [key, value] of pairs('3')) expect(text(store.get(bytes(key))!)).toBe(value)
    store.close()
    expect(text(world.open().get(bytes('k7'))!)).toBe('3'.repeat(100))
  })

  test('of a store with one run for each keyspace is done at once', () => {
    const made = overwritten()
    defragment(made)
    const before = made.store.fileBytes
    expect(defragment(made)).toBeNull()
    expect(made.store.fileBytes).toBe(before)
  })

  test('lets writes and checkpoints go on', () => {
    const { world, store } = overwritten()
    let ended = false
    store.defragment(() => {
      ended = true
    })
    putAll(store, [['new', 'value']])
    expect(world.checkpoint(store)).toBeNull()
    expect(world.await<DiskError | null>(done => store.defragment(done))).toBeNull()
    expect(ended).toBe(true)
    expect(text(store.get(bytes('new'))!)).toBe('value')
    expect(store.count({ from: bytes('') })).toBe(KEYS + 1)
  })

  test('without room for it says so, and leaves everything as it is', () => {
    const made = overwritten()
    const { world, store } = made
    world.disk.faults.capacityBytes = 0
    expect(defragment(made)?.kind).toBe('full')
    expect(text(store.get(bytes('k7'))!)).toBe('3'.repeat(100))
    world.disk.faults.capacityBytes = Number.POSITIVE_INFINITY
    expect(defragment(made)).toBeNull()
  })

  test('is given up when the store is closed, and calls nobody', () => {
    const { world, store } = overwritten()
    let called = false
    store.defragment(() => {
      called = true
    })
    world.await<void>(done => store.close(() => done(undefined)))
    expect(called).toBe(false)
  })
})

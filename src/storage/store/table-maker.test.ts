import { describe, expect, test } from 'vitest'
import { assert } from '../../core/assert.ts'
import type { Store } from '../../runtime/store.ts'
import { bytes, text } from '../store-pairs.conformance.ts'
import { StoreWorld } from '../store-world.conformance.ts'
import { TIER_RUNS } from './limits.ts'
import { openStore } from './open-store.ts'

const halt = (reason: Error): never => {
  throw reason
}

function begin(): { world: StoreWorld; store: Store } {
  const world = new StoreWorld((options, opened) => openStore({ ...options, halt }, opened))
  return { world, store: world.open() }
}

function putMany(store: Store, from: number, count: number, valueBytes: number): void {
  const batch = store.batch()
  const value = 'v'.repeat(valueBytes)
  for (let i = from; i < from + count; i++) batch.put(bytes(`key${String(i).padStart(6, '0')}`), bytes(value))
  batch.commit()
}

function tables(world: StoreWorld): string[] {
  return [...world.disk.image().keys()].filter(path => path.endsWith('.table'))
}

describe('a store whose tables a job makes', () => {
  test('says that it is closed when nothing uses its directory any more, however far a checkpoint was', () => {
    let most = 0
    for (let steps = 0; steps < 200; steps += 3) {
      const { world, store } = begin()
      putMany(store, 0, 3_000, 100)
      let isDone = false
      store.checkpoint(() => {
        isDone = true
      })
      for (let step = 0; step < steps; step++) world.step()
      let files: string[] | undefined
      store.close(() => {
        files = [...world.disk.image().keys()]
      })
      expect(files).toBeUndefined()
      while (files === undefined) assert(world.step(), 'it ends')
      world.settle()
      expect([...world.disk.image().keys()]).toEqual(files)
      most = Math.max(most, files.length)
      if (isDone) return expect(most).toBeGreaterThan(1)
    }
    expect.fail('the checkpoint never ended')
  })

  test('leaves nothing of a merge that an installation made useless', () => {
    for (let steps = 0; steps < 30; steps++) {
      const { world, store } = begin()
      for (let round = 0; round < TIER_RUNS; round++) {
        putMany(store, 0, 2_000, 50)
        expect(world.checkpoint(store)).toBeNull()
      }
      for (let step = 0; step < steps; step++) world.step()
      const installation = store.install()
      installation.put(bytes('only'), bytes('pair'))
      expect(world.await(done => installation.commit(done))).toBeNull()
      world.settle()
      expect(text(store.get(bytes('only'))!)).toBe('pair')
      expect(tables(world)).toHaveLength(1)
      expect(store.verify()).toEqual([])
    }
  })

  test('sends records of any size over, and makes tables of memtables that a full disk kept back one by one', () => {
    const { world, store } = begin()
    const values = [0, 1, 1_000, 300_000, 700_000, 10].map(size => 'x'.repeat(size))
    world.disk.faults.capacityBytes = world.usedBytes + 50
    for (const [i, value] of values.entries()) {
      const batch = store.batch()
      batch.put(bytes(`key${i}`), bytes(value))
      batch.put(bytes('same'), bytes(`${i}`))
      if (i > 0) batch.delete(bytes(`gone${i - 1}`))
      batch.put(bytes(`gone${i}`), bytes('soon'))
      batch.commit()
      expect(world.checkpoint(store)?.kind).toBe('full')
    }
    world.disk.faults.heal()
    expect(world.checkpoint(store)).toBeNull()
    store.close()
    const again = world.open()
    for (const [i, value] of values.entries()) expect(text(again.get(bytes(`key${i}`))!)).toBe(value)
    expect(text(again.get(bytes('same'))!)).toBe('5')
    expect(again.count({ from: bytes('gone'), to: bytes('gonf') })).toBe(1)
    expect(again.verify()).toEqual([])
  })
})

/** The store on disk keeps every promise of a `Store`, with limits as they are and so small that everything happens. */
import { expect, test } from 'vitest'
import { describeStore } from '../store.conformance.ts'
import { StoreWorld } from '../store-world.conformance.ts'
import type { LsmStore } from './lsm-store.ts'
import { openStore } from './open-store.ts'
import type { StoreLimits } from './setting.ts'

const TINY: Partial<StoreLimits> = { cacheBytes: 64 * 1024, tableBytes: 128 * 1024 }

const halt = (reason: Error): never => {
  throw reason
}

describeStore('the store on disk', (options, opened) => openStore({ ...options, halt }, opened))
describeStore('the store on disk, with tiny limits', (options, opened) =>
  openStore({ ...options, halt, limits: TINY }, opened),
)

test('views of the past are counted until somebody lets go of them', () => {
  const store = new StoreWorld((options, opened) => openStore(options, opened)).open() as LsmStore
  const [one, other] = [store.pin(), store.pin()]
  expect(store.pins).toBe(2)
  one.release()
  expect(store.pins).toBe(1)
  other.release()
  expect(store.pins).toBe(0)
})

/** Contents for the tests of durability, and worlds that begin with them. */
import { expect } from 'vitest'
import type { Store } from '../runtime/store.ts'
import { type Pairs, putAll } from './store-pairs.conformance.ts'
import { type OpenStore, StoreWorld } from './store-world.conformance.ts'

export const OLD: Pairs = Array.from({ length: 400 }, (_, i) => [`old ${i + 1000}`, `value ${i}`])
export const NEW: Pairs = Array.from({ length: 300 }, (_, i) => [`new ${i + 1000}`, `${i}`.repeat(i)])
export const BOTH: Pairs = [...NEW, ...OLD]

/** Enough for several blocks. */
export const LARGE: Pairs = Array.from({ length: 9000 }, (_, i) => [`large ${i + 10_000}`, `${i}`.repeat(20)])

interface Begun {
  readonly world: StoreWorld
  readonly store: Store
}

export function begin(open: OpenStore, seed?: number): Begun {
  const world = new StoreWorld(open, seed)
  return { world, store: world.open() }
}

/** A world whose store holds and has made durable the old pairs. */
export function beginOld(open: OpenStore, seed?: number): Begun {
  const { world, store } = begin(open, seed)
  putAll(store, OLD)
  expect(world.checkpoint(store)).toBeNull()
  return { world, store }
}

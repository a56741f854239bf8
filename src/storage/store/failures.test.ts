import { describe, expect, test } from 'vitest'
import { QuorateError } from '../../core/errors.ts'
import type { Store } from '../../runtime/store.ts'
import { bytes, putAll, text } from '../store-pairs.conformance.ts'
import { StoreWorld } from '../store-world.conformance.ts'
import { TIER_RUNS } from './limits.ts'
import { openStore } from './open-store.ts'

class Halted extends Error {
  readonly reason: Error

  constructor(reason: Error) {
    super(reason.message)
    this.reason = reason
  }
}

const halt = (reason: Error): never => {
  throw new Halted(reason)
}

/** A cache of one block: nearly everything is read from the disk. */
function begin(): { world: StoreWorld; store: Store } {
  const world = new StoreWorld((options, opened) =>
    openStore({ ...options, halt, limits: { cacheBytes: 8192 } }, opened),
  )
  return { world, store: world.open() }
}

/** The code with which the run stopped the node. */
function haltOf(run: () => void): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof Halted && error.reason instanceof QuorateError) return error.reason.code
    throw error
  }
}

describe('a store whose disk fails', () => {
  test('stops the node when it cannot be read', () => {
    const { world, store } = begin()
    putAll(store, [['a', '1']])
    expect(world.checkpoint(store)).toBeNull()
    world.disk.faults.failNext('read')
    expect(haltOf(() => store.get(bytes('a')))).toBe('QUORATE_STORE_FAILED')
  })

  test('stops the node when what it reads is not what was written', () => {
    const { world, store } = begin()
    putAll(store, [['a', 'the value']])
    expect(world.checkpoint(store)).toBeNull()
    const [path, file] = [...world.disk.image()].find(([name]) => name.endsWith('.table'))!
    const at = text(file).indexOf('the value')
    world.disk.rot(path, at, 1)
    expect(haltOf(() => store.get(bytes('a')))).toBe('QUORATE_STORE_DAMAGED')
    expect(haltOf(() => store.scan({ from: bytes('') }).next())).toBe('QUORATE_STORE_DAMAGED')
    world.disk.rot(path, at, 1)
    expect(text(store.get(bytes('a'))!)).toBe('the value')
  })

  test('stops the node when a merge cannot be written', () => {
    const { world, store } = begin()
    const round = (): void => {
      putAll(store, [
        ['a', 'x'],
        ['z', 'y'],
      ])
      expect(world.checkpoint(store)).toBeNull()
    }
    for (let i = 1; i < TIER_RUNS; i++) round()
    world.settle()
    round()
    world.disk.faults.failNext('sync')
    expect(haltOf(() => world.settle())).toBe('QUORATE_STORE_FAILED')
  })

  test('goes on when there is no room for a merge, and merges when there is', () => {
    const { world, store } = begin()
    const used = (): number => [...world.disk.image().values()].reduce((sum, file) => sum + file.length, 0)
    const round = (): void => {
      putAll(store, [
        ['a', 'x'.repeat(3000)],
        ['z', 'y'.repeat(3000)],
      ])
      expect(world.checkpoint(store)).toBeNull()
    }
    for (let i = 0; i < TIER_RUNS; i++) round()
    world.disk.faults.capacityBytes = used() + 10
    world.settle()
    expect(text(store.get(bytes('a'))!)).toBe('x'.repeat(3000))
    const before = used()
    world.disk.faults.heal()
    round()
    world.settle()
    expect(used()).toBeLessThan(before / 2)
    expect(store.verify()).toEqual([])
  })
})

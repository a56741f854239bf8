import { describe, expect, it } from 'vitest'
import { BlockCache, type CachedTable } from './block-cache.ts'
import { BLOCK_BYTES_MAX } from './limits.ts'

/** Puts a block into a frame, as a table does that has read it. */
function load(cache: BlockCache, table: CachedTable, block: number): number {
  const frame = cache.free()
  bytesOf(cache, frame).fill(block)
  cache.hold(frame, table, block)
  return frame
}

function bytesOf(cache: BlockCache, frame: number): Uint8Array {
  const at = cache.at(frame)
  return cache.bytes(frame).subarray(at, at + BLOCK_BYTES_MAX)
}

function held(table: CachedTable): number[] {
  return [...table.frames.keys()].filter(block => table.frames[block]! >= 0)
}

describe('the block cache', () => {
  it('keeps what is used again, and gives up what was read once', () => {
    const cache = new BlockCache(4 * BLOCK_BYTES_MAX)
    const table = cache.admit(100)
    for (const block of [0, 1]) cache.use(load(cache, table, block))
    for (let block = 2; block < 100; block++) {
      load(cache, table, block)
      for (const used of [0, 1]) cache.use(table.frames[used]!)
    }
    expect(held(table)).toContain(0)
    expect(held(table)).toContain(1)
    expect(held(table).length).toBe(4)
    for (const block of held(table)) expect(bytesOf(cache, table.frames[block]!)[0]).toBe(block)
  })

  it('tells by the generation that a frame has another content', () => {
    const cache = new BlockCache(BLOCK_BYTES_MAX)
    const table = cache.admit(2)
    const frame = load(cache, table, 0)
    const generation = cache.generation(frame)
    expect(load(cache, table, 1)).toBe(frame)
    expect(cache.generation(frame)).not.toBe(generation)
    expect(held(table)).toEqual([1])
  })

  it('uses a frame again that was freed and never filled, because the read failed', () => {
    const cache = new BlockCache(BLOCK_BYTES_MAX)
    const table = cache.admit(1)
    const frame = cache.free()
    expect(load(cache, table, 0)).toBe(frame)
  })

  it('forgets the blocks of a table that is dismissed, and no others', () => {
    const cache = new BlockCache(4 * BLOCK_BYTES_MAX)
    const [one, other] = [cache.admit(2), cache.admit(2)]
    for (const block of [0, 1]) for (const table of [one, other]) load(cache, table, block)
    cache.dismiss(one)
    expect([held(one), held(other)]).toEqual([[], [0, 1]])
    load(cache, cache.admit(1), 0)
    expect(held(other)).toEqual([0, 1])
  })

  it('takes no memory before it is needed, and never more than it was given', () => {
    const cache = new BlockCache(300 * BLOCK_BYTES_MAX)
    expect(cache.heldBytes).toBe(0)
    const table = cache.admit(1000)
    load(cache, table, 0)
    expect(cache.heldBytes).toBe(128 * BLOCK_BYTES_MAX)
    for (let block = 1; block < 1000; block++) load(cache, table, block)
    expect(cache.heldBytes).toBe(300 * BLOCK_BYTES_MAX)
    expect(held(table).length).toBe(300)
  })
})

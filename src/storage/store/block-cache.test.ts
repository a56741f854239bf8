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

  it('lets a scan of any length, and blocks read twice at once, through a tenth of its frames', () => {
    const cache = new BlockCache(100 * BLOCK_BYTES_MAX)
    const [often, once] = [cache.admit(80), cache.admit(10_000)]
    for (let block = 0; block < 80; block++) {
      const frame = load(cache, often, block)
      for (let use = 0; use < 2; use++) cache.use(frame)
    }
    for (let block = 0; block < 10_000; block++) cache.use(load(cache, once, block))
    // What is on probation, and what room was left when the scan began.
    expect([held(often).length, held(once).length]).toEqual([80, 20])
  })

  it('keeps what is read again not long after it was given up, and not what is read again much later', () => {
    const cache = new BlockCache(10 * BLOCK_BYTES_MAX)
    const table = cache.admit(10_000)
    let next = 100
    const pass = (blocks: number): void => {
      for (let i = 0; i < blocks; i++) load(cache, table, next++)
    }
    load(cache, table, 0)
    pass(11)
    expect(held(table)).not.toContain(0)
    load(cache, table, 0)
    pass(1_000)
    expect(held(table)).toContain(0)
    load(cache, table, 1)
    pass(30)
    load(cache, table, 1)
    pass(12)
    expect(held(table)).not.toContain(1)
    expect(held(table)).toContain(0)
  })

  it('gives up what it kept once other blocks are read again, and it is not', () => {
    const cache = new BlockCache(10 * BLOCK_BYTES_MAX)
    const table = cache.admit(20)
    for (let round = 0; round < 6; round++) {
      for (let block = 0; block < 9; block++) {
        const frame = table.frames[block]!
        if (frame < 0) load(cache, table, block)
        else cache.use(frame)
      }
    }
    expect(held(table)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    for (let round = 0; round < 60; round++) {
      for (let block = 10; block < 19; block++) {
        const frame = table.frames[block]!
        if (frame < 0) load(cache, table, block)
        else cache.use(frame)
      }
    }
    expect(held(table).filter(block => block < 10).length).toBeLessThanOrEqual(1)
    expect(held(table).length).toBe(10)
  })

  it('keeps what was used for one round more for each use, up to three', () => {
    const cache = new BlockCache(10 * BLOCK_BYTES_MAX)
    const table = cache.admit(10_000)
    let next = 10
    /** Reads a block, and once it was given up reads it again. */
    const keep = (block: number): void => {
      load(cache, table, block)
      while (table.frames[block]! >= 0) load(cache, table, next++)
      load(cache, table, block)
    }
    for (let block = 0; block < 8; block++) keep(block)
    expect(held(table).filter(block => block < 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    for (let use = 0; use < 256; use++) cache.use(table.frames[0]!)
    cache.use(table.frames[1]!)
    const keptNow: number[][] = []
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 8; i++) keep(1_000 + next++)
      keptNow.push(held(table).filter(block => block < 8))
    }
    expect(keptNow).toEqual([[0, 1], [0], [0], [], []])
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

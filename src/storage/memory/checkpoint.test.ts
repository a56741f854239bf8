import { describe, expect, it } from 'vitest'
import { crc32c } from '../../core/crc32c.ts'
import { QuorateError } from '../../core/errors.ts'
import type { Store } from '../../runtime/store.ts'
import { bytes, pairs, putAll } from '../store-pairs.conformance.ts'
import { StoreWorld } from '../store-world.conformance.ts'
import { BLOCK_HEADER_BYTES, HEADER_BYTES } from './checkpoint-format.ts'
import { openMemoryStore } from './memory-store.ts'

const PATH = 'data/store/checkpoint'

/** A store with pairs of one size, so that its blocks are of one size too. */
function begin(): { world: StoreWorld; store: Store; content: Uint8Array } {
  const world = new StoreWorld(openMemoryStore)
  const store = world.open()
  putAll(
    store,
    Array.from({ length: 10_000 }, (_, i) => [`key ${i + 10_000}`, 'x'.repeat(41)]),
  )
  expect(world.checkpoint(store)).toBeNull()
  return { world, store, content: world.disk.image().get(PATH)! }
}

function refusal(world: StoreWorld): QuorateError {
  try {
    world.open()
  } catch (error) {
    if (error instanceof QuorateError) return error
    throw error
  }
  throw new Error('it was opened')
}

describe('a checkpoint', () => {
  it('does not check out with its blocks in another order', () => {
    const { world, store, content } = begin()
    const length = new DataView(content.buffer, content.byteOffset).getUint32(HEADER_BYTES + 4, true)
    const first = HEADER_BYTES
    const second = first + BLOCK_HEADER_BYTES + length
    const third = second + BLOCK_HEADER_BYTES + length
    const blocks = [content.subarray(second, third), content.subarray(first, second)]
    world.disk.restore(
      PATH,
      Uint8Array.from(
        [content.subarray(0, first), ...blocks, content.subarray(third)].flatMap(part => [...part]),
      ),
    )
    expect(store.verify()[0]).toEqual({
      file: PATH,
      offsetBytes: first,
      what: 'the checksum of a block is wrong',
    })
    const { code, message } = refusal(world)
    expect(code).toBe('QUORATE_STORE_DAMAGED')
    expect(message).toContain(`${PATH} at offset ${first}`)
  })

  it('of a newer version is refused as that, not as damaged', () => {
    const { world, store, content } = begin()
    const newer = content.slice()
    newer[8] = 2
    new DataView(newer.buffer).setUint32(HEADER_BYTES - 4, crc32c(newer.subarray(0, HEADER_BYTES - 4)), true)
    world.disk.restore(PATH, newer)
    expect(refusal(world).code).toBe('QUORATE_STORE_FORMAT')
    expect(store.verify().length).toBe(1)
  })

  it('that was interrupted is removed by the next start', () => {
    for (let seed = 1; seed < 20; seed++) {
      const world = new StoreWorld(openMemoryStore, seed)
      const store = world.open()
      putAll(store, [['a', 'b']])
      world.checkpoint(store)
      world.crashAtStep(4, () => world.checkpoint(store))
      expect(pairs(world.open())).toEqual([['a', 'b']])
      expect([...world.disk.image().keys()]).toEqual([PATH])
    }
  })

  it('lets go of its pin, so that writes copy nothing afterwards', () => {
    const { world, store } = begin()
    const bufferOf = (key: string): ArrayBufferLike => store.get(bytes(key))!.buffer
    // After a page has moved to a new buffer it has room: only a copy could change its buffer now.
    const before = bufferOf('key 15000')
    for (let i = 0; bufferOf('key 15000') === before; i++) putAll(store, [['key 15000', `${i % 10}`]])
    world.checkpoint(store)
    const moved = bufferOf('key 15000')
    putAll(store, [['key 15001', 'y']])
    expect(bufferOf('key 15000')).toBe(moved)
  })
})

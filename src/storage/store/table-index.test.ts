import { describe, expect, it } from 'vitest'
import { compareBytes, EMPTY } from '../../core/bytes.ts'
import { type Random, randomFromSeed } from '../../core/prng.ts'
import { TABLE_HEADER_BYTES } from './table-format.ts'
import { TableIndex, TableIndexBuilder } from './table-index.ts'

const LETTERS = [0, 0, 1, 97, 254, 255]

function anyKey(random: Random, prefix: readonly number[], lengthMax: number): Uint8Array {
  const rest = Array.from(
    { length: random.below(lengthMax + 1) },
    () => LETTERS[random.below(LETTERS.length)]!,
  )
  return Uint8Array.from([...prefix, ...rest])
}

/** An index of blocks of 10 bytes, each of the weight of its number. */
function indexOf(separators: readonly Uint8Array[]): { bytes: Uint8Array; endBytes: number } {
  const builder = new TableIndexBuilder()
  for (const [block, separator] of separators.entries()) builder.add(10, block - 5, separator)
  return { bytes: builder.finish(), endBytes: TABLE_HEADER_BYTES + 10 * separators.length }
}

describe('the index of a table', () => {
  it('leads every key to the last block whose separator is not above it', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = randomFromSeed(seed)
      const prefix = Array.from({ length: random.below(9) }, () => 97)
      const keys = Array.from({ length: 1 + random.below(400) }, () => anyKey(random, prefix, 12))
      const separators = [...new Map(keys.map(key => [String(key), key])).values()].sort(compareBytes)
      if (separators[0]!.length > 0) separators.unshift(EMPTY)
      const { bytes, endBytes } = indexOf(separators)
      const index = TableIndex.decode(bytes, separators.length, endBytes)!
      for (let i = 0; i < 300; i++) {
        const key = anyKey(random, random.below(4) === 0 ? [] : prefix, 13)
        const expected = separators.findLastIndex(separator => compareBytes(separator, key) <= 0)
        if (index.locate(key) !== expected) expect(index.locate(key), `seed ${seed}, ${key}`).toBe(expected)
      }
      for (const [block, separator] of separators.entries()) expect(index.locate(separator)).toBe(block)
    }
  })

  it('knows where blocks are and what weighs before them', () => {
    const { bytes, endBytes } = indexOf([EMPTY, Uint8Array.of(1), Uint8Array.of(2)])
    const index = TableIndex.decode(bytes, 3, endBytes)!
    expect([0, 1, 2, 3].map(block => index.offset(block))).toEqual([24, 34, 44, 54])
    expect([0, 1, 2, 3].map(block => index.weightBefore(block))).toEqual([0, -5, -9, -12])
  })

  it('is refused when it is not that of so many blocks in order, back to back', () => {
    const separators = [EMPTY, Uint8Array.of(1), Uint8Array.of(2)]
    const { bytes, endBytes } = indexOf(separators)
    for (const blocks of [0, 2, 4, 2 ** 50])
      expect(TableIndex.decode(bytes, blocks, endBytes)).toBeUndefined()
    expect(TableIndex.decode(bytes, 3, endBytes + 1)).toBeUndefined()
    for (let length = 0; length < bytes.length; length++) {
      expect(TableIndex.decode(bytes.subarray(0, length), 3, endBytes)).toBeUndefined()
    }
    for (const order of [
      [0, 2, 1],
      [1, 0, 2],
      [0, 1, 1],
    ]) {
      const index = indexOf(order.map(at => separators[at]!))
      expect(TableIndex.decode(index.bytes, 3, index.endBytes)).toBeUndefined()
    }
  })
})

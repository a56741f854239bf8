import { describe, expect, it } from 'vitest'
import { type Random, randomFromSeed } from '../../core/prng.ts'
import { keyHash } from '../store/key-hash.ts'
import type { SourceCursor } from '../store/record-cursor.ts'
import { bytes } from '../store-pairs.conformance.ts'
import { PACKED_RECORD_BYTES_MAX } from './limits.ts'
import { Memtable } from './memtable.ts'
import { RecordImageCursor, RecordImages } from './record-image.ts'

const NONE = new Uint8Array(0)
const KIB = 1024

/** Of an image, and of a memtable's own scan, all there is to know of each record. */
function described(cursor: SourceCursor): string[] {
  const found: string[] = []
  while (cursor.next()) {
    const { keyBytes, keyLength, kind, valueBytes, valueAt, valueLength } = cursor.record
    const key = Buffer.from(keyBytes.subarray(0, keyLength)).toString('hex')
    const value = Buffer.from(valueBytes.subarray(valueAt, valueAt + valueLength)).toString('hex')
    found.push(`${key} ${kind} ${cursor.kind} ${value} ${cursor.record.sum(keyHash(keyBytes, keyLength))}`)
  }
  expect(cursor.next()).toBe(false)
  return found
}

function scanned(memtable: Memtable): string[] {
  return described(memtable.scan(NONE, undefined, 'forward'))
}

/** Every array is spoilt when it has been read: an image must not lean on another one. */
function imaged(memtable: Memtable, arrayBytes: number): { records: string[]; lengths: number[] } {
  const images = new RecordImages(memtable)
  const records: string[] = []
  const lengths: number[] = []
  const into = new Uint8Array(arrayBytes)
  for (let image = images.next(into); image !== undefined; image = images.next(into)) {
    records.push(...described(new RecordImageCursor(image.bytes, image.length)))
    lengths.push(image.length)
    image.bytes.fill(0xee)
  }
  expect(images.next(into)).toBeUndefined()
  return { records, lengths }
}

function frozen(write: (memtable: Memtable) => void): Memtable {
  const memtable = new Memtable()
  write(memtable)
  memtable.freeze()
  return memtable
}

/** A key of four bytes, which order as the numbers do. */
function key(i: number): Uint8Array {
  return Uint8Array.of(i >>> 24, i >>> 16, i >>> 8, i)
}

/** Most are short; some are empty, some are around the size that is kept by reference, few are long. */
function anyLength(random: Random): number {
  if (random.chance(1, 10)) return 0
  if (random.chance(1, 50)) return PACKED_RECORD_BYTES_MAX - 20 + random.below(40)
  if (random.chance(1, 400)) return random.below(300 * KIB)
  return random.below(random.chance(1, 4) ? 400 : 30)
}

function writeAnything(memtable: Memtable, random: Random): void {
  const numbers = random.below(4000) + 1
  const ascends = random.chance(1, 2)
  for (let i = 0; i < 3000; i++) {
    const number = key(ascends ? i : random.below(numbers))
    const tail = random.chance(1, 5) ? new Uint8Array(80 * (number[3]! % 20)).fill(7) : NONE
    const name = Uint8Array.of(...number, ...tail)
    if (random.chance(1, 5)) memtable.delete(name, () => true)
    else memtable.put(name, new Uint8Array(anyLength(random)).fill(i), () => random.chance(1, 2))
  }
}

describe('the images of a memtable', () => {
  it.each([1, 2, 3, 4, 5, 6])('hold what a scan of it finds, whatever the arrays hold (seed %i)', seed => {
    const memtable = frozen(memtable => writeAnything(memtable, randomFromSeed(seed)))
    const expected = scanned(memtable)
    expect(expected.length).toBe(memtable.records)
    for (const arrayBytes of [0, 1, 40, 1000, 20_000, 64 * KIB, 1024 * KIB]) {
      expect(imaged(memtable, arrayBytes).records).toEqual(expected)
    }
  })

  it('are none if there are no records', () => {
    expect(
      imaged(
        frozen(() => {}),
        100,
      ),
    ).toEqual({ records: [], lengths: [] })
    const emptied = frozen(memtable => {
      memtable.put(key(1), NONE, 'absent')
      memtable.delete(key(1), 'present')
    })
    expect(imaged(emptied, 100)).toEqual({ records: [], lengths: [] })
  })

  it('fill their arrays but for less than a page, and need a new one only for a record that fits into none', () => {
    const memtable = frozen(memtable => {
      for (let i = 0; i < 5000; i++) memtable.put(key(i), new Uint8Array(i === 2500 ? 70_000 : 50), 'absent')
    })
    const { lengths } = imaged(memtable, 64 * KIB)
    const larger = lengths.filter(length => length > 64 * KIB)
    expect(larger.length).toBe(1)
    expect(larger[0]).toBeGreaterThan(70_004)
    expect(larger[0]).toBeLessThan(70_040)
    const full = lengths.filter(length => length <= 64 * KIB).toSorted((a, b) => b - a)
    // Two may have ended early: the last, and the one before the new array.
    for (const length of full.slice(0, -2)) expect(length).toBeGreaterThan(64 * KIB - 64 * 60 - 500)
  })

  it('fill an array to its last byte', () => {
    const memtable = frozen(memtable => memtable.put(key(1), new Uint8Array(2000), 'absent'))
    const { length } = new RecordImages(memtable).next(NONE)!
    const [exact, small] = [new Uint8Array(length), new Uint8Array(length - 1)]
    expect(new RecordImages(memtable).next(exact)!.bytes).toBe(exact)
    expect(new RecordImages(memtable).next(small)!.bytes).not.toBe(small)
  })

  it('do not carry along what was overwritten, if that is most', () => {
    const memtable = frozen(memtable => {
      for (let i = 0; i < 3; i++) memtable.put(key(1), new Uint8Array(400), () => false)
    })
    const { lengths } = imaged(memtable, 64 * KIB)
    expect(lengths).toHaveLength(1)
    expect(lengths[0]).toBeLessThan(450)
  })

  it('are made of a memtable that is frozen, until it ends', () => {
    const memtable = new Memtable()
    memtable.put(bytes('key'), NONE, 'absent')
    expect(() => new RecordImages(memtable)).toThrow('are not written to any more')
    memtable.freeze()
    const images = new RecordImages(memtable)
    memtable.end()
    expect(() => images.next(new Uint8Array(100))).toThrow('images end with their memtable')
  })

  it('are not read beyond their end', () => {
    const memtable = frozen(memtable => {
      for (let i = 0; i < 10; i++) memtable.put(key(i), bytes('value'), 'absent')
    })
    const small = new RecordImages(memtable).next(new Uint8Array(1000))!
    expect(() => new RecordImageCursor(small.bytes, 1001)).toThrow('lies within')
    expect(() => new RecordImageCursor(small.bytes, small.length - 1).next()).toThrow('lies within')
    const lone = new RecordImages(memtable).next(new Uint8Array(0))!
    expect(() => new RecordImageCursor(lone.bytes, lone.length - 1).next()).toThrow('lies within')
    // The value of the last record is longer than what is left.
    const last = small.length - 'value'.length - 4 - 2
    small.bytes[last] = 200
    const cursor = new RecordImageCursor(small.bytes, small.length)
    expect(() => described(cursor)).toThrow('lies within its page')
  })
})

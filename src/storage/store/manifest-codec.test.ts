import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvariantError } from '../../core/assert.ts'
import { ByteWriter, DecodeError } from '../../core/bytes.ts'
import { crc32c } from '../../core/crc32c.ts'
import type { Manifest } from './manifest.ts'
import { decodeManifest, encodeManifest, MANIFEST_BYTES_MAX } from './manifest-codec.ts'

const SAMPLE: Manifest = {
  generation: 7,
  nextTableId: 2 ** 40,
  keyspaces: [
    { keyspace: -1, runs: [[{ id: 5, fileBytes: 1 }]] },
    {
      keyspace: 0,
      runs: [
        [
          { id: 12, fileBytes: 2 ** 33 },
          { id: 3, fileBytes: 77 },
        ],
        [{ id: 2 ** 40 - 1, fileBytes: Number.MAX_SAFE_INTEGER }],
      ],
    },
    { keyspace: 255, runs: [[{ id: 1, fileBytes: 100 }]] },
  ],
}

/** Any well-formed manifest of a few tables. */
const anyManifest: fc.Arbitrary<Manifest> = fc
  .record({
    generation: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    spare: fc.nat(1000),
    ids: fc.uniqueArray(fc.integer({ min: 1, max: 2 ** 48 }), { maxLength: 20 }),
    keyspaces: fc.uniqueArray(fc.integer({ min: -1, max: 255 }), { minLength: 1, maxLength: 5 }),
    sizes: fc.array(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), { minLength: 1, maxLength: 5 }),
    tablesPerRun: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ generation, spare, ids, keyspaces, sizes, tablesPerRun }) => {
    const tables = ids.map((id, i) => ({ id, fileBytes: sizes[i % sizes.length]! }))
    const runs: (typeof tables)[] = []
    for (let at = 0; at < tables.length; at += tablesPerRun) runs.push(tables.slice(at, at + tablesPerRun))
    return {
      generation,
      nextTableId: Math.max(0, ...ids) + 1 + spare,
      keyspaces: keyspaces
        .toSorted((a, b) => a - b)
        .map((keyspace, i) => ({ keyspace, runs: runs.filter((_, run) => run % keyspaces.length === i) }))
        .filter(({ runs }) => runs.length > 0),
    }
  })

/** The same bytes with a checksum that fits. */
function sealed(bytes: Uint8Array): Uint8Array {
  const writer = new ByteWriter()
  writer.bytes(bytes.subarray(0, bytes.length - 4))
  writer.u32(crc32c(writer.peek()))
  return writer.finish().slice()
}

/** What is read of bytes that nobody vouches for; undefined if it was refused as it should be. */
function read(bytes: Uint8Array): Manifest | { readonly version: number } | undefined {
  try {
    return decodeManifest(bytes, crc32c)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

describe('a manifest', () => {
  it('reads as it was written, and is written as it was read', () => {
    expect(decodeManifest(encodeManifest(SAMPLE, crc32c), crc32c)).toEqual(SAMPLE)
    fc.assert(
      fc.property(anyManifest, manifest => {
        const bytes = encodeManifest(manifest, crc32c)
        const decoded = decodeManifest(bytes, crc32c) as Manifest
        expect(decoded).toEqual(manifest)
        expect(encodeManifest(decoded, crc32c)).toEqual(bytes)
      }),
    )
  })

  it('does not check out with any bit of it flipped, any end cut off, or anything behind it', () => {
    const bytes = encodeManifest(SAMPLE, crc32c)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice()
      flipped[bit >> 3] = flipped[bit >> 3]! ^ (1 << (bit & 7))
      expect(read(flipped), `bit ${bit}`).toBeUndefined()
    }
    for (let length = 0; length < bytes.length; length++) {
      expect(read(bytes.subarray(0, length)), `${length} bytes`).toBeUndefined()
    }
    for (const more of [[0], [0, 0, 0, 0], [...bytes]]) {
      expect(read(Uint8Array.from([...bytes, ...more]))).toBeUndefined()
    }
    expect(read(new Uint8Array(bytes.length))).toBeUndefined()
  })

  it('is a manifest or is refused, whatever bytes a good checksum stands under', () => {
    const check = (bytes: Uint8Array): void => {
      const found = read(bytes)
      if (found !== undefined && !('version' in found)) expect(encodeManifest(found, crc32c)).toEqual(bytes)
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), check), { numRuns: 500 })
    const changed = fc.tuple(anyManifest, fc.nat(), fc.nat(255), fc.nat())
    fc.assert(
      fc.property(changed, ([manifest, at, value, length]) => {
        const bytes = encodeManifest(manifest, crc32c).slice()
        check(sealed(bytes.subarray(0, 12 + (length % bytes.length))))
        bytes[at % bytes.length] = value
        check(sealed(bytes))
      }),
      { numRuns: 2000 },
    )
  })

  it('that promises more than it has is refused at its end, at no cost', () => {
    const header = encodeManifest({ generation: 1, nextTableId: 1, keyspaces: [] }, crc32c)
    const bytes = header.slice()
    bytes.fill(0xff, bytes.length - 8, bytes.length - 4)
    expect(() => decodeManifest(sealed(bytes), crc32c)).toThrow('truncated')
  })

  it('of another version says which, once it has checked out', () => {
    const bytes = encodeManifest(SAMPLE, crc32c).slice()
    bytes[8] = 9
    expect(read(bytes)).toBeUndefined()
    expect(read(sealed(bytes))).toEqual({ version: 9 })
    expect(read(sealed(bytes.subarray(0, 20)))).toEqual({ version: 9 })
  })

  it('that contradicts itself is neither written nor read', () => {
    const one = [[{ id: 1, fileBytes: 1 }]]
    const bad: [string, Partial<Manifest>][] = [
      ['generation', { generation: 0 }],
      ['next table id', { nextTableId: 0 }],
      [
        'ascend',
        { keyspaces: [3, 2].map((keyspace, i) => ({ keyspace, runs: [[{ id: i + 1, fileBytes: 1 }]] })) },
      ],
      ['one place', { keyspaces: [2, 3].map(keyspace => ({ keyspace, runs: one })) }],
      ['one place', { keyspaces: [{ keyspace: 2, runs: [[...one[0]!, ...one[0]!]] }] }],
      ['a byte', { keyspaces: [{ keyspace: 256, runs: one }] }],
      ['ascend', { keyspaces: [{ keyspace: -2, runs: one }] }],
      ['has a run', { keyspaces: [{ keyspace: 2, runs: [] }] }],
      ['has a table', { keyspaces: [{ keyspace: 2, runs: [[]] }] }],
      ['below the next', { keyspaces: [{ keyspace: 2, runs: [[{ id: 9, fileBytes: 1 }]] }] }],
      ['below the next', { keyspaces: [{ keyspace: 2, runs: [[{ id: 0, fileBytes: 1 }]] }] }],
      ['not empty', { keyspaces: [{ keyspace: 2, runs: [[{ id: 1, fileBytes: 0 }]] }] }],
    ]
    for (const [what, part] of bad) {
      const manifest: Manifest = { generation: 1, nextTableId: 9, keyspaces: [], ...part }
      expect(() => encodeManifest(manifest, crc32c), what).toThrow(InvariantError)
      expect(() => encodeManifest(manifest, crc32c)).toThrow(what)
    }
    // The same by bytes: two tables of one id, which no writer makes.
    const twice = encodeManifest(
      {
        generation: 1,
        nextTableId: 9,
        keyspaces: [
          {
            keyspace: 2,
            runs: [
              [
                { id: 1, fileBytes: 1 },
                { id: 2, fileBytes: 1 },
              ],
            ],
          },
        ],
      },
      crc32c,
    ).slice()
    twice[twice.length - 4 - 16] = 1
    expect(() => decodeManifest(sealed(twice), crc32c)).toThrow('a table has one place')
  })

  it('with as many tables as a store may have fits into what is read', () => {
    // 2^20 tables in runs of their own: 20 bytes each, and less than 4 KiB besides.
    expect(MANIFEST_BYTES_MAX).toBeLessThan(2 ** 20 * 20 + 4096)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader, ByteWriter, DecodeError } from '../../core/bytes.ts'
import { crc32c } from '../../core/crc32c.ts'
import { entryBytes } from '../../core/entry.ts'
import type { GroupId, Index } from '../../core/ids.ts'
import { DOUBTS } from '../../core/log-update.ts'
import { type BatchHeader, readBatchHeader, writeBatchHeader } from './batch-header.ts'
import { base, entry } from './log-machine.conformance.ts'
import { readRecord, writeCarried, writeDoubtRaised, writeUpdate } from './record.ts'
import { readSegmentHeader, writeSegmentHeader } from './segment-header.ts'

const anyIndex = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }).map(value => value as Index)
const anyEntry = fc
  .record({ index: anyIndex, data: fc.uint8Array({ maxLength: 50 }) })
  .map(({ index, data }) => ({ ...entry(1, data), index }))
const anyUpdate = fc.record(
  {
    promise: fc.uint8Array({ maxLength: 20 }),
    truncateFrom: anyIndex,
    writes: fc.array(anyEntry, { minLength: 1, maxLength: 5 }),
    base: fc.nat(1e6).map(index => base(index, `members ${index}`)),
  },
  { requiredKeys: [] },
)
const anyGroup = fc.integer({ min: 0, max: 2 ** 32 - 1 }).map(id => id as GroupId)

describe('a record', () => {
  it('reads as it was written, and says where its entries stand', () => {
    fc.assert(
      fc.property(anyGroup, anyUpdate, (group, update) => {
        const writer = new ByteWriter(16)
        writer.bytes(new Uint8Array(48))
        const entriesAt = writeUpdate(writer, group, update)
        const bytes = writer.finish()
        const reader = new ByteReader(bytes.subarray(48))
        const expected = { kind: 'update', group, update, isCarried: false, doubt: 'none' }
        expect(readRecord(reader)).toEqual({ ...expected, entriesAt: entriesAt - 48 })
        expect(reader.remaining).toBe(0)
        const first = update.writes?.[0]
        if (first) {
          const { index } = first
          expect(new ByteReader(bytes.subarray(entriesAt, entriesAt + entryBytes(first))).u64()).toBe(index)
        }
      }),
    )
  })

  it.each(DOUBTS.slice(1))('of carried state says so, and in which doubt: %s', doubt => {
    const writer = new ByteWriter()
    const promise = Uint8Array.of(1)
    writeDoubtRaised(writer, doubt)
    writeCarried(writer, 7 as GroupId, { promise, base: undefined, doubt }, [])
    writeCarried(writer, 8 as GroupId, { promise: undefined, base: base(3), doubt: 'none' }, [])
    const reader = new ByteReader(writer.finish())
    expect(readRecord(reader)).toEqual({ kind: 'doubtRaised', doubt })
    expect(readRecord(reader)).toMatchObject({
      group: 7,
      isCarried: true,
      doubt,
      update: { promise },
    })
    expect(readRecord(reader)).toMatchObject({ group: 8, isCarried: true, doubt: 'none' })
  })

  it('that is none throws DecodeError and nothing else', () => {
    const read = (bytes: Uint8Array) => {
      try {
        const reader = new ByteReader(bytes)
        while (reader.remaining > 0) readRecord(reader)
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error
      }
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), read), { numRuns: 2000 })
    const damaged = fc.tuple(anyUpdate, fc.nat(), fc.nat(255), fc.nat())
    fc.assert(
      fc.property(damaged, ([update, at, value, length]) => {
        const writer = new ByteWriter()
        writeUpdate(writer, 5 as GroupId, update)
        const bytes = writer.finish().slice()
        bytes[at % bytes.length] = value
        read(bytes)
        read(bytes.subarray(0, length % bytes.length))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a header', () => {
  const batch: Omit<BatchHeader, 'checksum'> = {
    kind: 'end',
    salt: 2n ** 64n - 1n,
    sequence: 2 ** 32 - 1,
    offset: 4096,
    syncedTo: 4095,
    oldest: 7,
    previousChecksum: 0xffffffff,
    payloadBytes: 10,
    payloadChecksum: 0x80000000,
  }
  const segment = {
    alignmentBytes: 4096,
    sequence: 9,
    segmentBytes: 2 ** 32 - 1,
    salt: 1n,
    previousSalt: 2n ** 63n,
    previousEnd: 8192,
    previousChecksum: 3,
  }

  it('reads as it was written', () => {
    const bytes = new Uint8Array(64)
    const checksum = writeBatchHeader(bytes, batch, crc32c)
    expect(readBatchHeader(bytes, crc32c)).toEqual({ ...batch, checksum })
    const sum = writeSegmentHeader(bytes, segment, crc32c)
    expect(readSegmentHeader(bytes, crc32c)).toEqual({ ...segment, version: 1, checksum: sum })
  })

  it('is not taken for one when a bit of it has flipped, or it is cut off', () => {
    const bytes = new Uint8Array(64)
    const flips = (read: () => unknown, length: number) => {
      for (let bit = 0; bit < length * 8; bit++) {
        bytes[bit >> 3] = bytes[bit >> 3]! ^ (1 << (bit & 7))
        expect(read()).toBeUndefined()
        bytes[bit >> 3] = bytes[bit >> 3]! ^ (1 << (bit & 7))
      }
    }
    writeSegmentHeader(bytes, segment, crc32c)
    flips(() => readSegmentHeader(bytes, crc32c), 64)
    expect(readSegmentHeader(bytes.subarray(0, 63), crc32c)).toBeUndefined()
    writeBatchHeader(bytes, batch, crc32c)
    flips(() => readBatchHeader(bytes, crc32c), 48)
    expect(readBatchHeader(bytes.subarray(0, 47), crc32c)).toBeUndefined()
  })
})

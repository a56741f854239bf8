/**
 * The first block of a segment file. Salts are drawn afresh for every segment, so that a batch of another
 * segment, or of an earlier life of this file, is never taken for one of this; `previous...` ties the
 * segment to its predecessor and fixes where that one ends: whatever lies behind there does not count.
 */
import { ByteReader } from '../../core/bytes.ts'
import type { Checksum } from '../../core/crc32c.ts'

export const SEGMENT_HEADER_BYTES = 64
export const SEGMENT_FORMAT_VERSION = 1
const CHECKSUM_AT = SEGMENT_HEADER_BYTES - 4
/** "quorate" and the kind of file. */
const MAGIC = [0x71, 0x75, 0x6f, 0x72, 0x61, 0x74, 0x65, 0x4c] as const

export interface SegmentHeader {
  readonly version: number
  /** Where batches start: multiples of this. */
  readonly alignmentBytes: number
  /** Counts segments, from 1; the file is named after it. */
  readonly sequence: number
  /** The size of the file, filled with zeros before it got its name. */
  readonly segmentBytes: number
  readonly salt: bigint
  readonly previousSalt: bigint
  /** Where the previous segment's batches end, and the checksum of the last of them. */
  readonly previousEnd: number
  readonly previousChecksum: number
  /** Of this header: what the first batch is chained to. */
  readonly checksum: number
}

/** Writes the header to the front of `into`, all of which it covers; returns its checksum. */
export function writeSegmentHeader(
  into: Uint8Array,
  header: Omit<SegmentHeader, 'version' | 'checksum'>,
  checksum: Checksum,
): number {
  const view = new DataView(into.buffer, into.byteOffset, into.byteLength)
  into.set(MAGIC)
  view.setUint32(8, SEGMENT_FORMAT_VERSION, true)
  view.setUint32(12, header.alignmentBytes, true)
  view.setUint32(16, header.sequence, true)
  view.setUint32(20, header.segmentBytes, true)
  view.setBigUint64(24, header.salt, true)
  view.setBigUint64(32, header.previousSalt, true)
  view.setUint32(40, header.previousEnd, true)
  view.setUint32(44, header.previousChecksum, true)
  const sum = checksum(into.subarray(0, CHECKSUM_AT))
  view.setUint32(CHECKSUM_AT, sum, true)
  return sum
}

/** Undefined if the bytes are not an intact segment header (of whatever version). */
export function readSegmentHeader(bytes: Uint8Array, checksum: Checksum): SegmentHeader | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES || MAGIC.some((byte, at) => bytes[at] !== byte)) return undefined
  const reader = new ByteReader(bytes.subarray(MAGIC.length))
  const header = {
    version: reader.u32(),
    alignmentBytes: reader.u32(),
    sequence: reader.u32(),
    segmentBytes: reader.u32(),
    salt: reader.u64big(),
    previousSalt: reader.u64big(),
    previousEnd: reader.u32(),
    previousChecksum: reader.u32(),
    checksum: checksum(bytes.subarray(0, CHECKSUM_AT)),
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return view.getUint32(CHECKSUM_AT, true) === header.checksum ? header : undefined
}

/**
 * A block of a table: records in key order, made to be searched as they stand. All numbers are little-endian.
 *
 *     0   u32  CRC-32C of everything behind it, seeded by `blockSeed`
 *     4   u16  records, at least one
 *     6   u16  length of the prefix that all keys share
 *     8   u16  a slot for each record: kind << 14 | where it begins, from the block's start
 *         u16  the block's length
 *         the prefix
 *         records, each
 *           u16  length of the key behind the prefix
 *           u32  checksum of the record (`record-checksum.ts`); of a tombstone 0
 *                the key behind the prefix
 *                the value, up to where the next record begins; a tombstone has none
 *
 * So a search compares bytes in place, and backward is as cheap as forward. The kinds stand in the slots because
 * then a block is weighed without a look at its records; key and value stand together because then a record is
 * written by one copy.
 *
 * A record that does not fit into BLOCK_BYTES_MAX stands in a *lone* block. It is always longer than that, so
 * a block's length tells which of the two it is:
 *
 *     0   u32  CRC-32C, as above
 *     4   u16  0
 *     6   u16  kind
 *     8   u32  length of the key
 *     12  u32  length of the value
 *     16  u32  checksum of the record; of a tombstone 0
 *     20       the key, the value
 */
import type { RecordKind } from './record.ts'

/** What precedes the slots. */
export const BLOCK_HEADER_BYTES = 8
/** What precedes the key of a lone block. */
export const LONE_HEADER_BYTES = 20
/** What a record takes besides its key and value: its slot, and what precedes the key, the checksum last. */
export const SLOT_BYTES = 2
export const RECORD_HEAD_BYTES = 2 + 4
export const RECORD_SUM_AT = 2

export const KIND_SHIFT = 14
/** What of a slot is the place. */
export const START_MASK = (1 << KIND_SHIFT) - 1

/** Where the checksum of a block begins: with its table and its place, so that it fits nowhere else. */
export function blockSeed(tableSeed: number, offsetBytes: number): number {
  return (tableSeed ^ offsetBytes ^ Math.floor(offsetBytes / 2 ** 32)) >>> 0
}

export function readU16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8)
}

export function readU32(bytes: Uint8Array, at: number): number {
  return readI32(bytes, at) >>> 0
}

/** As `readU32`, signed. */
export function readI32(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  bytes[at + 2] = value >>> 16
  bytes[at + 3] = value >>> 24
}

/** Records of the block that begins at `at`; of a lone one 0. */
export function recordCount(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + 4)
}

export function prefixLength(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + 6)
}

/** Where the prefix of a block of so many records begins. */
export function prefixAt(at: number, records: number): number {
  return at + BLOCK_HEADER_BYTES + SLOT_BYTES * (records + 1)
}

/** Where a record of the block at `at` begins; for the number of records, where the block ends. */
export function recordAt(bytes: Uint8Array, at: number, position: number): number {
  return at + (readU16(bytes, at + BLOCK_HEADER_BYTES + SLOT_BYTES * position) & START_MASK)
}

/** The kind of a record; only of a block that has been checked. */
export function kindAt(bytes: Uint8Array, at: number, position: number): RecordKind {
  return (bytes[at + BLOCK_HEADER_BYTES + SLOT_BYTES * position + 1]! >>> (KIND_SHIFT - 8)) as RecordKind
}

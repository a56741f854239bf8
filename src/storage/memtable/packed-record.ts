/**
 * A record as a page packs it: the lengths of key and value, two bytes each, then the key, then the value. The
 * record's kind is in the topmost bits of the value's length, which searches do not look at. And a key's hint:
 * four of its bytes as a number, so that most comparisons are of two numbers.
 */
import { copyBytes } from '../../core/bytes.ts'
import type { RecordKind } from '../store/record.ts'
import { PACKED_RECORD_BYTES_MAX } from './limits.ts'

/** A record too large to be packed: as it was given. */
export interface LargeRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly kind: RecordKind
}

/** Where the parts of a record lie; whoever asks again and again has it filled in place. */
export interface RecordPlace {
  keySource: Uint8Array
  keyAt: number
  keyLength: number
  valueBytes: Uint8Array
  valueAt: number
  valueLength: number
  kind: RecordKind
}

export const RECORD_HEADER_BYTES = 4

/** Too large to be packed. */
export function isLarge(key: Uint8Array, value: Uint8Array): boolean {
  return key.length + value.length > PACKED_RECORD_BYTES_MAX
}

/** Bytes that a record takes when it is packed; 0 if it is too large to be. */
export function packedSize(key: Uint8Array, value: Uint8Array): number {
  return isLarge(key, value) ? 0 : RECORD_HEADER_BYTES + key.length + value.length
}

/** Bytes of the record at `at`, its header included. */
export function recordBytes(heap: Uint8Array, at: number): number {
  return RECORD_HEADER_BYTES + packedKeyLength(heap, at) + packedValueLength(heap, at)
}

/** Bytes of the key of the record at `at`. */
export function packedKeyLength(heap: Uint8Array, at: number): number {
  return heap[at]! | (heap[at + 1]! << 8)
}

/** Bytes of the value of the record at `at`. */
export function packedValueLength(heap: Uint8Array, at: number): number {
  return heap[at + 2]! | ((heap[at + 3]! & 0x3f) << 8)
}

/** The kind of the record at `at`. */
export function packedKind(heap: Uint8Array, at: number): RecordKind {
  return (heap[at + 3]! >>> 6) as RecordKind
}

export function writeRecord(
  heap: Uint8Array,
  at: number,
  key: Uint8Array,
  value: Uint8Array,
  kind: RecordKind,
): void {
  heap[at] = key.length
  heap[at + 1] = key.length >>> 8
  heap[at + 2] = value.length
  heap[at + 3] = (value.length >>> 8) | (kind << 6)
  copyBytes(key, 0, key.length, heap, at + RECORD_HEADER_BYTES)
  copyBytes(value, 0, value.length, heap, at + RECORD_HEADER_BYTES + key.length)
}

/**
 * The first 30 bits of the bytes at `at`, as a number that orders as they do; zeros stand for what is behind
 * `end`. 30, so that the difference of two is a small integer too.
 */
export function hintOf(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 <= end) {
    return (bytes[at]! << 22) | (bytes[at + 1]! << 14) | (bytes[at + 2]! << 6) | (bytes[at + 3]! >>> 2)
  }
  let hint = 0
  for (let i = 0; i < 4; i++) hint = (hint << 8) | (at + i < end ? bytes[at + i]! : 0)
  return hint >>> 2
}

/** The bytes themselves, unless keeping them would keep alive a buffer of more than twice their size. */
export function ownedBytes(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength > 2 * bytes.length ? bytes.slice() : bytes
}

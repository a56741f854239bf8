/** Searches in a block that has been checked, in place. */
import {
  BLOCK_HEADER_BYTES,
  KIND_SHIFT,
  LONE_HEADER_BYTES,
  prefixAt,
  prefixLength,
  RECORD_HEAD_BYTES,
  readU16,
  readU32,
  recordAt,
  recordCount,
  SLOT_BYTES,
} from './block-format.ts'
import { type RecordKind, weightOf } from './record.ts'

/**
 * Where a key stands in the block at `at`: its position, or, if it is not there, `~position` of the first
 * record with a greater key. A lone block has the position 0.
 */
export function searchBlock(bytes: Uint8Array, at: number, key: Uint8Array): number {
  const records = recordCount(bytes, at)
  if (records === 0) return searchLone(bytes, at, key)
  const shared = prefixLength(bytes, at)
  const prefix = prefixAt(at, records)
  const keyLength = key.length
  for (let i = 0; i < shared; i++) {
    if (i === keyLength) return ~0
    const difference = key[i]! - bytes[prefix + i]!
    if (difference !== 0) return difference < 0 ? ~0 : ~records
  }
  let low = 0
  let high = records
  while (low < high) {
    const middle = (low + high) >>> 1
    const start = recordAt(bytes, at, middle)
    const suffixAt = start + RECORD_HEAD_BYTES
    const end = shared + readU16(bytes, start)
    const common = end < keyLength ? end : keyLength
    let difference = 0
    for (let i = shared, j = suffixAt; i < common; i++, j++) {
      difference = bytes[j]! - key[i]!
      if (difference !== 0) break
    }
    if (difference === 0) difference = end - keyLength
    if (difference === 0) return middle
    if (difference < 0) low = middle + 1
    else high = middle
  }
  return ~low
}

function searchLone(bytes: Uint8Array, at: number, key: Uint8Array): number {
  const length = readU32(bytes, at + 8)
  const from = at + LONE_HEADER_BYTES
  const common = length < key.length ? length : key.length
  for (let i = 0; i < common; i++) {
    const difference = bytes[from + i]! - key[i]!
    if (difference !== 0) return difference < 0 ? ~1 : ~0
  }
  if (length === key.length) return 0
  return length < key.length ? ~1 : ~0
}

/** The position of the first record whose key is not below `key`. */
export function lowerBound(bytes: Uint8Array, at: number, key: Uint8Array): number {
  const found = searchBlock(bytes, at, key)
  return found < 0 ? ~found : found
}

/** The sum of the weights of the first `end` records. */
export function weightOfFirst(bytes: Uint8Array, at: number, end: number): number {
  if (recordCount(bytes, at) === 0) {
    return end === 0 ? 0 : weightOf(readU16(bytes, at + 6) as RecordKind)
  }
  // A kind is its weight and one (`weightOf`); it stands in the upper bits of each slot's second byte.
  let weight = -end
  let slot = at + BLOCK_HEADER_BYTES + 1
  for (const last = slot + SLOT_BYTES * end; slot < last; slot += SLOT_BYTES) {
    weight += bytes[slot]! >>> (KIND_SHIFT - 8)
  }
  return weight
}

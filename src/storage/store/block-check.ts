/** Whether bytes are a block: what passes here can be read without looking where one reads. */
import type { Checksum } from '../../core/crc32c.ts'
import {
  BLOCK_HEADER_BYTES,
  kindAt,
  LONE_HEADER_BYTES,
  prefixAt,
  prefixLength,
  RECORD_HEAD_BYTES,
  RECORD_SUM_AT,
  readU16,
  readU32,
  recordAt,
  recordCount,
  SLOT_BYTES,
} from './block-format.ts'
import { BLOCK_BYTES_MAX } from './limits.ts'
import { INSERT, TOMBSTONE } from './record.ts'

/** What is wrong with the block of `length` bytes at `at`, if anything. The seed is that of `blockSeed`. */
export function checkBlock(
  bytes: Uint8Array,
  at: number,
  length: number,
  seed: number,
  checksum: Checksum,
): string | undefined {
  if (length < BLOCK_HEADER_BYTES + 2 * SLOT_BYTES + RECORD_HEAD_BYTES) return 'a block is too short'
  if (checksum(bytes.subarray(at + 4, at + length), seed) !== readU32(bytes, at)) {
    return 'the checksum of a block is wrong'
  }
  const isWhole = length > BLOCK_BYTES_MAX ? isLoneBlock(bytes, at, length) : isBlock(bytes, at, length)
  return isWhole ? undefined : 'a block contradicts itself'
}

function isLoneBlock(bytes: Uint8Array, at: number, length: number): boolean {
  const kind = readU16(bytes, at + 6)
  const valueLength = readU32(bytes, at + 12)
  return (
    recordCount(bytes, at) === 0 &&
    kind <= INSERT &&
    (kind !== TOMBSTONE || valueLength === 0) &&
    LONE_HEADER_BYTES + readU32(bytes, at + 8) + valueLength === length
  )
}

function isBlock(bytes: Uint8Array, at: number, length: number): boolean {
  const records = recordCount(bytes, at)
  if (records === 0 || prefixAt(0, records) > length) return false
  let start = recordAt(bytes, at, 0)
  if (start !== prefixAt(at, records) + prefixLength(bytes, at)) return false
  if (readU16(bytes, at + BLOCK_HEADER_BYTES + SLOT_BYTES * records) !== length) return false
  for (let position = 1; position <= records; position++) {
    const end = recordAt(bytes, at, position)
    // The end of the last is the block's: whatever ascends up to there lies within.
    if (end < start + RECORD_HEAD_BYTES || end > at + length) return false
    const kind = kindAt(bytes, at, position - 1)
    const keyEnd = start + RECORD_HEAD_BYTES + readU16(bytes, start)
    if (end < keyEnd || kind > INSERT) return false
    if (kind === TOMBSTONE && (end > keyEnd || readU32(bytes, start + RECORD_SUM_AT) !== 0)) return false
    start = end
  }
  return true
}

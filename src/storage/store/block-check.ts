/** Whether bytes are a block: what passes here can be read without looking where one reads. */
import type { Checksum } from '../../core/crc32c.ts'
import {
  BLOCK_HEADER_BYTES,
  KIND_SHIFT,
  LONE_HEADER_BYTES,
  prefixAt,
  prefixLength,
  RECORD_HEAD_BYTES,
  RECORD_SUM_AT,
  readU16,
  readU32,
  recordCount,
  SLOT_BYTES,
  START_MASK,
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

/** Runs over every record of every block that is read: a view would cost more than it spares a block of few. */
function isBlock(bytes: Uint8Array, at: number, length: number): boolean {
  const records = recordCount(bytes, at)
  if (records === 0 || prefixAt(0, records) > length) return false
  const slots = at + BLOCK_HEADER_BYTES
  let start = prefixAt(0, records) + prefixLength(bytes, at)
  let slot = readU16(bytes, slots)
  if ((slot & START_MASK) !== start) return false
  if (readU16(bytes, slots + SLOT_BYTES * records) !== length) return false
  for (let position = 1; position <= records; position++) {
    const next = readU16(bytes, slots + SLOT_BYTES * position)
    const end = next & START_MASK
    // The end of the last is the block's: whatever ascends up to there lies within.
    if (end < start + RECORD_HEAD_BYTES || end > length) return false
    const keyEnd = start + RECORD_HEAD_BYTES + readU16(bytes, at + start)
    const kind = slot >>> KIND_SHIFT
    if (end < keyEnd || kind > INSERT) return false
    if (kind === TOMBSTONE && (end > keyEnd || readU32(bytes, at + start + RECORD_SUM_AT) !== 0)) return false
    slot = next
    start = end
  }
  return true
}

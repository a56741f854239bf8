/**
 * Gathers the records of the next block. What all keys of a block share is only known at its end, so they are
 * staged as they come and packed by `seal`.
 */
import { assert } from '../../core/assert.ts'
import { copyBytes } from '../../core/bytes.ts'
import type { Checksum } from '../../core/crc32c.ts'
import {
  BLOCK_HEADER_BYTES,
  KIND_SHIFT,
  LONE_HEADER_BYTES,
  prefixAt,
  RECORD_HEAD_BYTES,
  RECORD_SUM_AT,
  SLOT_BYTES,
  writeU16,
  writeU32,
} from './block-format.ts'
import { BLOCK_BYTES_MAX } from './limits.ts'
import { type RecordKind, TOMBSTONE, weightOf } from './record.ts'
import type { RecordView } from './record-cursor.ts'

/** A record takes at least a slot and a head. */
const RECORDS_MAX = BLOCK_BYTES_MAX / (SLOT_BYTES + RECORD_HEAD_BYTES)

/** Long keys that share nearly everything end a block early, so that what is staged stays small. */
const STAGED_BYTES_MAX = 16 * BLOCK_BYTES_MAX

const EMPTY_BYTES = BLOCK_HEADER_BYTES + SLOT_BYTES

/** Whether the record needs a block of its own. */
export function isLone(keyLength: number, valueLength: number): boolean {
  return EMPTY_BYTES + SLOT_BYTES + RECORD_HEAD_BYTES + keyLength + valueLength > BLOCK_BYTES_MAX
}

export class BlockBuilder {
  readonly #checksum: Checksum
  #staged = new Uint8Array(2 * BLOCK_BYTES_MAX)
  #stagedBytes = 0
  #records = 0
  /** Of each record, where it is staged: its key and behind it its value. */
  readonly #ats = new Uint32Array(RECORDS_MAX + 1)
  readonly #keyLengths = new Uint16Array(RECORDS_MAX)
  readonly #kinds = new Uint8Array(RECORDS_MAX)
  readonly #sums = new Int32Array(RECORDS_MAX)
  #weight = 0
  /** What all keys so far share. */
  #shared = 0
  /** What the block takes if nothing is shared. */
  #plainBytes = EMPTY_BYTES

  constructor(checksum: Checksum) {
    this.#checksum = checksum
  }

  get records(): number {
    return this.#records
  }

  /** The sum of the staged records' weights. */
  get weight(): number {
    return this.#weight
  }

  /** The last key that was staged, until the next `seal`. */
  get lastKeyBytes(): Uint8Array {
    return this.#staged
  }

  get lastKeyAt(): number {
    return this.#ats[this.#records - 1]!
  }

  get lastKeyLength(): number {
    return this.#keyLengths[this.#records - 1]!
  }

  /**
   * Stages a record that is not lone, whose key has this hash and begins with `shared` bytes of the one before it;
   * false if it does not fit any more. Copies.
   */
  add(record: RecordView, kind: RecordKind, hash: number, shared: number): boolean {
    const records = this.#records
    const { keyLength } = record
    const valueLength = kind === TOMBSTONE ? 0 : record.valueLength
    const plainBytes = this.#plainBytes + (SLOT_BYTES + RECORD_HEAD_BYTES + keyLength + valueLength)
    const at = this.#stagedBytes
    const end = at + keyLength + valueLength
    const common = records === 0 ? keyLength : shared < this.#shared ? shared : this.#shared
    if (records > 0) {
      if (plainBytes - common * records > BLOCK_BYTES_MAX || end > STAGED_BYTES_MAX) return false
    }
    if (end > this.#staged.length) this.#growStage(end)
    copyBytes(record.keyBytes, 0, keyLength, this.#staged, at)
    copyBytes(record.valueBytes, record.valueAt, valueLength, this.#staged, at + keyLength)
    this.#ats[records] = at
    this.#keyLengths[records] = keyLength
    this.#kinds[records] = kind
    this.#sums[records] = kind === TOMBSTONE ? 0 : record.sum(hash)
    this.#weight += weightOf(kind)
    this.#stagedBytes = end
    this.#shared = common
    this.#plainBytes = plainBytes
    this.#records = records + 1
    return true
  }

  /** Writes the block to `to`, where BLOCK_BYTES_MAX are free, and begins the next one. Returns its length. */
  seal(to: Uint8Array, at: number, seed: number): number {
    const records = this.#records
    assert(records > 0, 'a block has a record')
    const shared = this.#shared
    const staged = this.#staged
    writeU16(to, at + 4, records)
    writeU16(to, at + 6, shared)
    let end = prefixAt(at, records)
    copyBytes(staged, 0, shared, to, end)
    end += shared
    this.#ats[records] = this.#stagedBytes
    for (let i = 0; i < records; i++) {
      const kind = this.#kinds[i]!
      writeU16(to, at + BLOCK_HEADER_BYTES + SLOT_BYTES * i, (kind << KIND_SHIFT) | (end - at))
      writeU16(to, end, this.#keyLengths[i]! - shared)
      writeU32(to, end + RECORD_SUM_AT, this.#sums[i]!)
      end += RECORD_HEAD_BYTES
      const from = this.#ats[i]! + shared
      const length = this.#ats[i + 1]! - from
      copyBytes(staged, from, length, to, end)
      end += length
    }
    const length = end - at
    assert(length === this.#plainBytes - shared * (records - 1), 'a block is as long as was reckoned')
    writeU16(to, at + BLOCK_HEADER_BYTES + SLOT_BYTES * records, length)
    writeU32(to, at, this.#checksum(to.subarray(at + 4, end), seed))
    this.#reset()
    return length
  }

  #reset(): void {
    this.#records = 0
    this.#stagedBytes = 0
    this.#weight = 0
    this.#shared = 0
    this.#plainBytes = EMPTY_BYTES
  }

  #growStage(bytes: number): void {
    const grown = new Uint8Array(2 * bytes)
    grown.set(this.#staged.subarray(0, this.#stagedBytes))
    this.#staged = grown
  }
}

/** How long the block is that a record has for itself. */
export function loneBlockBytes(record: RecordView, kind: RecordKind): number {
  return LONE_HEADER_BYTES + record.keyLength + (kind === TOMBSTONE ? 0 : record.valueLength)
}

/** Writes a block of its own for one record, whose key has this hash, to `at` of `bytes`. Copies. */
export function writeLoneBlock(
  record: RecordView,
  kind: RecordKind,
  hash: number,
  seed: number,
  checksum: Checksum,
  bytes: Uint8Array,
  at: number,
): void {
  const { keyLength } = record
  const valueLength = kind === TOMBSTONE ? 0 : record.valueLength
  const keyAt = at + LONE_HEADER_BYTES
  const end = keyAt + keyLength + valueLength
  // The room may have been another block's.
  writeU16(bytes, at + 4, 0)
  writeU16(bytes, at + 6, kind)
  writeU32(bytes, at + 8, keyLength)
  writeU32(bytes, at + 12, valueLength)
  writeU32(bytes, at + 16, kind === TOMBSTONE ? 0 : record.sum(hash))
  copyBytes(record.keyBytes, 0, keyLength, bytes, keyAt)
  copyBytes(record.valueBytes, record.valueAt, valueLength, bytes, keyAt + keyLength)
  writeU32(bytes, at, checksum(bytes.subarray(at + 4, end), seed))
}

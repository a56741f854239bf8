/**
 * The file of a checkpoint, all numbers little-endian:
 *
 *     header  magic "QRTSTORE", format version u32, checkpoint number u64, checksum u32
 *     block   checksum u32, payload length u32 > 0, payload: pairs in key order, each
 *             varint key length, varint value length, key, value
 *     footer  checksum u32, 0 u32, blocks u64, pairs u64, bytes of keys and values u64
 *
 * Every byte is under a CRC-32C. That of a block begins with the header's checksum and the block's position,
 * so that a block of another checkpoint or from another place does not check out either.
 */
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import type { Checksum } from '../../core/crc32c.ts'
import type { StoreCursor } from '../../runtime/store.ts'
import { BLOCK_BYTES, BLOCK_RECORDS_MAX } from '../memtable/limits.ts'

export const FORMAT_VERSION = 1

/** "QRTSTORE". */
const MAGIC = 0x45524f5453545251n

export const HEADER_BYTES = 8 + 4 + 8 + 4
export const BLOCK_HEADER_BYTES = 4 + 4
export const FOOTER_BYTES = BLOCK_HEADER_BYTES + 3 * 8

/** What the footer says about everything before it. */
export interface CheckpointTotals {
  readonly blocks: number
  readonly pairs: number
  readonly bytes: number
}

/** About how long the file will be. */
export function estimateCheckpointBytes(pairs: number, bytes: number): number {
  const payload = bytes + 2 * pairs
  const blocks = Math.ceil(payload / BLOCK_BYTES)
  return HEADER_BYTES + blocks * BLOCK_HEADER_BYTES + payload + FOOTER_BYTES
}

export function writeHeader(number: number, checksum: Checksum): Uint8Array {
  const to = new ByteWriter(HEADER_BYTES)
  to.u64big(MAGIC)
  to.u32(FORMAT_VERSION)
  to.u64(number)
  to.u32(checksum(to.peek()))
  return to.finish()
}

export type HeaderFault = 'damaged' | { readonly version: number }

/** The number in a header and the seed of the blocks behind it; or what is wrong with the header. */
export function readHeader(
  bytes: Uint8Array,
  checksum: Checksum,
): { readonly number: number; readonly seed: number } | HeaderFault {
  const from = new ByteReader(bytes)
  const magic = from.u64big()
  const version = from.u32()
  const number = from.u64big()
  const seed = from.u32()
  if (magic !== MAGIC || checksum(bytes.subarray(0, from.offset - 4)) !== seed) return 'damaged'
  return version === FORMAT_VERSION ? { number: Number(number), seed } : { version }
}

/** The checksum that a header written by `writeHeader` ends with: where those of its blocks begin. */
export function seedOf(header: Uint8Array): number {
  return new ByteReader(header.subarray(HEADER_BYTES - 4)).u32()
}

/** What a block's or the footer's checksum says, for what stands behind the checksum. */
export function blockChecksum(checksum: Checksum, seed: number, position: number, rest: Uint8Array): number {
  return checksum(rest, (seed ^ position) >>> 0)
}

/** Makes the blocks of one checkpoint, one at a time. */
export class BlockEncoder {
  readonly #checksum: Checksum
  readonly #seed: number
  #blocks = 0
  #pairs = 0
  #bytes = 0

  /** @param seed see `seedOf`. */
  constructor(checksum: Checksum, seed: number) {
    this.#checksum = checksum
    this.#seed = seed
  }

  /** The next pairs of the cursor as a block; undefined if it has no more. */
  block(cursor: StoreCursor): Uint8Array | undefined {
    if (!cursor.next()) return undefined
    const to = new ByteWriter(BLOCK_BYTES + BLOCK_BYTES / 8)
    to.u32(0)
    to.u32(0)
    let pairs = 0
    do {
      const { key, value } = cursor
      to.varint(key.length)
      to.varint(value.length)
      to.bytes(key)
      to.bytes(value)
      this.#bytes += key.length + value.length
      pairs++
    } while (to.length < BLOCK_BYTES && pairs < BLOCK_RECORDS_MAX && cursor.next())
    this.#pairs += pairs
    to.patchU32(4, to.length - BLOCK_HEADER_BYTES)
    return this.#seal(to)
  }

  footer(): Uint8Array {
    const blocks = this.#blocks
    const to = new ByteWriter(FOOTER_BYTES)
    to.u32(0)
    to.u32(0)
    to.u64(blocks)
    to.u64(this.#pairs)
    to.u64(this.#bytes)
    return this.#seal(to)
  }

  #seal(to: ByteWriter): Uint8Array {
    to.patchU32(0, blockChecksum(this.#checksum, this.#seed, this.#blocks++, to.peek().subarray(4)))
    return to.finish()
  }
}

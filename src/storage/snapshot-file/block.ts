/**
 * A snapshot of a group's state in one file, for backups: a head, pairs in ascending order of keys, an end that counts
 * them, each a block with a checksum; then zeros up to a multiple of 512 bytes, and the SHA-256 of everything before
 * it, which is where etcd's tools look for it.
 *
 * A block: its content's length and CRC-32C (4 bytes each, little-endian), its kind, its content.
 */
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import type { Checksum } from '../../core/crc32c.ts'
import { SNAPSHOT_BLOCK_BYTES_MAX } from './limits.ts'

export const BLOCK_HEADER_BYTES = 4 + 4 + 1
export const SNAPSHOT_UNIT_BYTES = 512
export const SNAPSHOT_HASH_BYTES = 32

/** Append only: the numbers are the file's format. */
export const BlockKind = { head: 1, pairs: 2, end: 3 } as const
export type BlockKind = (typeof BlockKind)[keyof typeof BlockKind]

export function writeBlock(kind: BlockKind, content: Uint8Array, checksum: Checksum): Uint8Array {
  const to = new ByteWriter(BLOCK_HEADER_BYTES + content.length)
  to.u32(content.length)
  to.u32(checksum(content))
  to.u8(kind)
  to.bytes(content)
  return to.finish()
}

export interface BlockHeader {
  readonly bytes: number
  readonly checksum: number
  readonly kind: number
}

/** Undefined for what is none. */
export function readBlockHeader(bytes: Uint8Array): BlockHeader | undefined {
  if (bytes.length < BLOCK_HEADER_BYTES) return undefined
  const from = new ByteReader(bytes)
  const header = { bytes: from.u32(), checksum: from.u32(), kind: from.u8() }
  return header.bytes > SNAPSHOT_BLOCK_BYTES_MAX ? undefined : header
}

/**
 * What stands before every batch. Its checksum covers the payload's and so all of the batch; the next batch
 * holds it, and so on: a chain in which nothing can be exchanged, left out or moved.
 *
 * `syncedTo` is the watermark: a batch is written only after everything before it was synced, so that one
 * intact header proves that whatever lies below its watermark had been durable.
 */
import { ByteReader } from '../../core/bytes.ts'
import type { Checksum } from '../../core/crc32c.ts'

export const BATCH_HEADER_BYTES = 48
const CHECKSUM_AT = BATCH_HEADER_BYTES - 4
const MAGIC = 0x54_41_42_51

/**
 * `updates`: records follow. `end`: everything before was durable when the log was closed. `rolled`: the next
 * segment exists, durably.
 */
export type BatchKind = 'updates' | 'end' | 'rolled'

/** The order is the disk format: append only. */
const KINDS: readonly BatchKind[] = ['updates', 'end', 'rolled']

export interface BatchHeader {
  readonly kind: BatchKind
  /** The segment's. */
  readonly salt: bigint
  /** The segment's number. */
  readonly sequence: number
  /** Where in the segment the batch stands. */
  readonly offset: number
  /** Up to where the segment was durable when this was written. */
  readonly syncedTo: number
  /** Segments before this one hold nothing that is needed and may be gone. */
  readonly oldest: number
  readonly previousChecksum: number
  readonly payloadBytes: number
  readonly payloadChecksum: number
  readonly checksum: number
}

/** Writes the header to the front of `into`; returns its checksum. */
export function writeBatchHeader(
  into: Uint8Array,
  header: Omit<BatchHeader, 'checksum'>,
  checksum: Checksum,
): number {
  const view = new DataView(into.buffer, into.byteOffset, into.byteLength)
  view.setUint32(0, MAGIC, true)
  view.setUint32(4, KINDS.indexOf(header.kind), true)
  view.setBigUint64(8, header.salt, true)
  view.setUint32(16, header.sequence, true)
  view.setUint32(20, header.offset, true)
  view.setUint32(24, header.syncedTo, true)
  view.setUint32(28, header.oldest, true)
  view.setUint32(32, header.previousChecksum, true)
  view.setUint32(36, header.payloadBytes, true)
  view.setUint32(40, header.payloadChecksum, true)
  const sum = checksum(into.subarray(0, CHECKSUM_AT))
  view.setUint32(CHECKSUM_AT, sum, true)
  return sum
}

/** Undefined if the bytes are not an intact batch header. */
export function readBatchHeader(bytes: Uint8Array, checksum: Checksum): BatchHeader | undefined {
  if (bytes.length < BATCH_HEADER_BYTES) return undefined
  const reader = new ByteReader(bytes)
  if (reader.u32() !== MAGIC) return undefined
  const kind = KINDS[reader.u32()]
  const header = {
    salt: reader.u64big(),
    sequence: reader.u32(),
    offset: reader.u32(),
    syncedTo: reader.u32(),
    oldest: reader.u32(),
    previousChecksum: reader.u32(),
    payloadBytes: reader.u32(),
    payloadChecksum: reader.u32(),
    checksum: checksum(bytes.subarray(0, CHECKSUM_AT)),
  }
  if (kind === undefined || reader.u32() !== header.checksum) return undefined
  return { kind, ...header }
}

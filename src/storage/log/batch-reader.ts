/**
 * Reads entries back. Checksums are per batch, so the whole batch is read and checked; the last one is kept,
 * because entries are read in order.
 */
import { ByteReader } from '../../core/bytes.ts'
import type { Checksum } from '../../core/crc32c.ts'
import { type Entry, readEntry } from '../../core/entry.ts'
import { BATCH_HEADER_BYTES, readBatchHeader } from './batch-header.ts'
import type { EntryIndex } from './entry-index.ts'
import { logDamaged } from './errors.ts'
import type { Segment } from './segment.ts'
import type { Segments } from './segments.ts'

export class BatchReader {
  readonly #segments: Segments
  readonly #checksum: Checksum
  #cached: { readonly segment: Segment; readonly offset: number; readonly bytes: Uint8Array } | undefined

  constructor(segments: Segments, checksum: Checksum) {
    this.#segments = segments
    this.#checksum = checksum
  }

  /** Throws `QUORATE_LOG_DAMAGED` if the entry is no longer what was written, `DiskError` if it cannot be read. */
  entry(entries: EntryIndex, slot: number): Entry {
    return readEntry(new ByteReader(this.encodedEntry(entries, slot)))
  }

  /** As it stands on the disk: a view that stays valid. Throws as `entry` does. */
  encodedEntry(entries: EntryIndex, slot: number): Uint8Array {
    const batchAt = entries.batchAt(slot)
    const batch = this.#batch(this.#segments.get(entries.segmentAt(slot)), batchAt)
    const at = entries.offsetAt(slot) - batchAt
    return batch.subarray(at, at + entries.lengthAt(slot))
  }

  #batch(segment: Segment, offset: number): Uint8Array {
    const cached = this.#cached
    if (cached !== undefined && cached.segment === segment && cached.offset === offset) return cached.bytes
    const bytes = this.#read(segment, offset)
    this.#cached = { segment, offset, bytes }
    return bytes
  }

  #read(segment: Segment, offset: number): Uint8Array {
    const { path, file } = segment
    const head = new Uint8Array(BATCH_HEADER_BYTES)
    file.read(offset, head)
    const header = readBatchHeader(head, this.#checksum)
    if (header === undefined || header.salt !== segment.header.salt || header.offset !== offset) {
      throw logDamaged(path, offset, 'a batch that was there has gone')
    }
    const bytes = new Uint8Array(BATCH_HEADER_BYTES + header.payloadBytes)
    bytes.set(head)
    const payload = bytes.subarray(BATCH_HEADER_BYTES)
    file.read(offset + BATCH_HEADER_BYTES, payload)
    if (this.#checksum(payload) !== header.payloadChecksum) {
      throw logDamaged(path, offset, 'the checksum of a batch is wrong that was right before')
    }
    return bytes
  }
}

/** Batches as they stand in a segment: gathered in memory, sealed with a header, written in one go. */
import type { ByteWriter } from '../../core/bytes.ts'
import type { Checksum } from '../../core/crc32c.ts'
import type { GroupId } from '../../core/ids.ts'
import type { LogUpdate } from '../../core/log-update.ts'
import { BATCH_HEADER_BYTES, type BatchKind, writeBatchHeader } from './batch-header.ts'
import type { GroupState } from './group-state.ts'
import type { LogState } from './log-state.ts'
import { writeUpdate } from './record.ts'
import { aligned, zeros } from './segment.ts'

const HEADER_SPACE = new Uint8Array(BATCH_HEADER_BYTES)

/** Where a batch will stand and what precedes it. */
export interface BatchPlace {
  readonly salt: bigint
  readonly sequence: number
  readonly offset: number
  readonly previousChecksum: number
}

/** Starts a batch in the writer; its header is filled in by `sealBatch`. */
export function beginBatch(to: ByteWriter): void {
  to.bytes(HEADER_SPACE)
}

/** Fills in the header of a finished batch; returns its checksum. */
export function sealBatch(
  bytes: Uint8Array,
  kind: BatchKind,
  place: BatchPlace,
  oldest: number,
  checksum: Checksum,
): number {
  const { salt, sequence, offset, previousChecksum } = place
  const payload = bytes.subarray(BATCH_HEADER_BYTES)
  const header = {
    kind,
    salt,
    sequence,
    offset,
    // One sync is in flight at most: whatever stands before this batch is durable.
    syncedTo: offset,
    oldest,
    previousChecksum,
    payloadBytes: payload.length,
    payloadChecksum: checksum(payload),
  }
  return writeBatchHeader(bytes, header, checksum)
}

/** The batch and the zeros that fill its last page. */
export function padded(bytes: Uint8Array, alignmentBytes: number): Uint8Array[] {
  const padding = aligned(bytes.length, alignmentBytes) - bytes.length
  return padding === 0 ? [bytes] : [bytes, zeros(padding)]
}

/** A batch without records: a mark. */
export function emptyBatch(): Uint8Array {
  return new Uint8Array(BATCH_HEADER_BYTES)
}

interface PendingUpdate {
  readonly group: GroupId
  readonly update: LogUpdate
  /** Where its entries start, counted from the start of the batch. */
  readonly entriesAt: number
  readonly done: () => void
}

/** Updates that wait for their turn, encoded as they came. */
export class PendingBatch {
  readonly updates: PendingUpdate[] = []
  readonly #writer: ByteWriter
  #bytes: Uint8Array | undefined

  /** The writer is shared by all batches, one after the other: `finish` before the next is made. */
  constructor(writer: ByteWriter) {
    this.#writer = writer
    beginBatch(writer)
  }

  /** Returns how many bytes the batch has now. */
  add(group: GroupId, update: LogUpdate, done: () => void): number {
    const entriesAt = writeUpdate(this.#writer, group, update)
    this.updates.push({ group, update, entriesAt, done })
    return this.#writer.length
  }

  finish(): Uint8Array {
    this.#bytes ??= this.#writer.finish()
    return this.#bytes
  }

  /** What the batch says is durable now. */
  applyTo(state: LogState, sequence: number, offset: number): void {
    let group: GroupState | undefined
    let id: GroupId | undefined
    for (const pending of this.updates) {
      if (group === undefined || pending.group !== id) group = state.group((id = pending.group))
      group.apply(pending.update, sequence, offset, offset + pending.entriesAt)
      if (pending.update.promise !== undefined) group.doubt = 'none'
    }
  }
}

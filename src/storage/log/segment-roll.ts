/**
 * Goes over to a new segment. The order is what recovery relies on:
 * 1. zeros, header and first batch of the new file are durable before it gets its name,
 * 2. the name is durable before the old segment says that another follows, and before anything is written behind,
 * 3. so a named segment is never half made, and a missing one is never taken for one that never was.
 */
import { assert } from '../../core/assert.ts'
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { probe } from '../../core/seams.ts'
import { DiskError, type DiskFile } from '../../runtime/disk.ts'
import { beginBatch, emptyBatch, padded, sealBatch } from './batch.ts'
import { BATCH_HEADER_BYTES } from './batch-header.ts'
import type { BatchReader } from './batch-reader.ts'
import { writeCarry } from './carry.ts'
import { SEGMENT_BYTES_MAX } from './limits.ts'
import type { LogState } from './log-state.ts'
import type { LogOptions } from './open-log.ts'
import { aligned, plannedSegmentBytes, preparedPath, type Segment, segmentPath } from './segment.ts'
import { SEGMENT_FORMAT_VERSION, type SegmentHeader, writeSegmentHeader } from './segment-header.ts'
import type { SegmentMaker } from './segment-maker.ts'
import type { Segments } from './segments.ts'

/** Blocks at the end of a segment that only marks may use: one `end`, one `rolled`. */
const RESERVED_BLOCKS = 2
/** Of the carried entries, how large a part of a segment they may fill. */
const CARRIED_PART = 1 / 4
const CARRY_WRITER_BYTES = 4096

/** What a roll works on. */
export interface RollContext {
  readonly options: LogOptions
  readonly state: LogState
  readonly segments: Segments
  readonly reader: BatchReader
  readonly maker: SegmentMaker
  fail(path: string, error: DiskError): void
}

/** Calls back when the new segment is the active one and has room for a batch of `batchBytes`. */
export function rollSegment(context: RollContext, batchBytes: number, done: () => void): void {
  const { options, segments, maker } = context
  const { alignmentBytes } = options.limits
  const closing = segments.active
  const sequence = (closing?.header.sequence ?? 0) + 1
  const planned = plannedSegmentBytes(sequence, options.limits)
  const carry = encodeCarry(context, sequence - 1, planned)
  const needed =
    alignmentBytes * (1 + RESERVED_BLOCKS) +
    aligned(carry.length, alignmentBytes) +
    aligned(batchBytes, alignmentBytes)
  assert(needed <= SEGMENT_BYTES_MAX, 'a batch fits into a segment')
  maker.take(Math.max(planned, needed), (file, segmentBytes) => {
    const path = segmentPath(options.directory, sequence)
    const { header, block } = makeHeader(options, sequence, segmentBytes, closing)
    const segment: Segment = { path, file, header, end: alignmentBytes, checksum: header.checksum }
    writeFirstBatch(context, segment, block, carry, () => {
      nameSegment(context, segment, () => {
        if (closing !== undefined) probe('log: went over to a new segment')
        segments.add(segment)
        context.state.applyBatch(carry.subarray(BATCH_HEADER_BYTES), sequence, alignmentBytes)
        if (closing === undefined) done()
        else markRolled(context, closing, done)
      })
    })
  })
}

function encodeCarry(context: RollContext, closing: number, plannedBytes: number): Uint8Array {
  const { state, reader, options } = context
  const writer = new ByteWriter(CARRY_WRITER_BYTES)
  beginBatch(writer)
  const carriedBytesMax = Math.min(options.limits.carriedBytesMax, plannedBytes * CARRIED_PART)
  writeCarry(writer, state, reader, closing, carriedBytesMax)
  return writer.finish()
}

function makeHeader(
  { entropy, limits, checksum }: LogOptions,
  sequence: number,
  segmentBytes: number,
  closing: Segment | undefined,
): { header: SegmentHeader; block: Uint8Array } {
  const fields = {
    alignmentBytes: limits.alignmentBytes,
    sequence,
    segmentBytes,
    salt: new ByteReader(entropy(8)).u64big(),
    previousSalt: closing?.header.salt ?? 0n,
    previousEnd: closing?.end ?? 0,
    previousChecksum: closing?.checksum ?? 0,
  }
  const block = new Uint8Array(limits.alignmentBytes)
  const sum = writeSegmentHeader(block, fields, checksum)
  return { header: { ...fields, version: SEGMENT_FORMAT_VERSION, checksum: sum }, block }
}

function writeFirstBatch(
  { options, segments, fail }: RollContext,
  segment: Segment,
  block: Uint8Array,
  carry: Uint8Array,
  done: () => void,
): void {
  const { sequence } = segment.header
  const oldest = segments.active === undefined ? sequence : segments.oldestNeeded
  const sum = sealBatch(carry, 'updates', placeIn(segment), oldest, options.checksum)
  const chunks = [block, ...padded(carry, segment.header.alignmentBytes)]
  segment.file.writeSynced(0, chunks, error => {
    if (error !== null) return fail(preparedPath(options.directory), error)
    segment.end += aligned(carry.length, segment.header.alignmentBytes)
    segment.checksum = sum
    done()
  })
}

function nameSegment({ options, fail }: RollContext, segment: Segment, done: () => void): void {
  const { disk, directory } = options
  try {
    disk.rename(preparedPath(directory), segment.path)
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    return fail(segment.path, error)
  }
  disk.syncDirectory(directory, error => {
    if (error !== null) fail(directory, error)
    else done()
  })
}

/** The mark stands where a later batch would: over what was discarded there, if anything was. */
function markRolled({ options, segments, fail }: RollContext, closing: Segment, done: () => void): void {
  const mark = emptyBatch()
  sealBatch(mark, 'rolled', placeIn(closing), segments.oldestNeeded, options.checksum)
  writeBatch(closing, mark, error => {
    if (error !== null) fail(closing.path, error)
    else done()
  })
}

/** Where the segment's next batch goes. */
export function placeIn({ header, end, checksum }: Segment) {
  return { salt: header.salt, sequence: header.sequence, offset: end, previousChecksum: checksum }
}

/** Writes a sealed batch behind the others. */
export function writeBatch(
  { file, end, header }: Segment,
  bytes: Uint8Array,
  done: Parameters<DiskFile['writeSynced']>[2],
): void {
  file.writeSynced(end, padded(bytes, header.alignmentBytes), done)
}

/** Whether a batch of updates fits behind the others, with room left for the marks. */
export function hasRoom({ header, end }: Segment, batchBytes: number): boolean {
  const { alignmentBytes, segmentBytes } = header
  return end + aligned(batchBytes, alignmentBytes) + RESERVED_BLOCKS * alignmentBytes <= segmentBytes
}

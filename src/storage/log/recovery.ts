/**
 * From files to what they durably say. Only reads, until all of it is judged: a log that is damaged is left as
 * it was found.
 */
import { DecodeError } from '../../core/bytes.ts'
import { DiskError } from '../../runtime/disk.ts'
import { BATCH_HEADER_BYTES, type BatchHeader } from './batch-header.ts'
import { logDamaged, logFailed, logFormatUnknown, logGone } from './errors.ts'
import { LogState } from './log-state.ts'
import type { LogOptions } from './open-log.ts'
import { aligned, preparedPath, type Segment, segmentPath, sequenceOf } from './segment.ts'
import {
  readSegmentHeader,
  SEGMENT_FORMAT_VERSION,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
} from './segment-header.ts'
import { SegmentScan, type VisitBatch } from './segment-scan.ts'
import { SegmentUse } from './segment-use.ts'
import { Segments } from './segments.ts'

export interface Found {
  readonly state: LogState
  readonly segments: Segments
  /** `new`: there is no log yet. `ambiguous`: behind the last intact batch lies something that is none. */
  readonly tail: 'new' | 'clean' | 'ambiguous'
  readonly isMarkedEnd: boolean
  /** The last intact batch: all before it is known to be durable, it itself is not. */
  readonly last: BatchHeader | undefined
  /** Segments that the last batch says are not needed: until it is durable, the one before it may count. */
  readonly leftovers: readonly string[]
}

/** Throws `QUORATE_LOG_DAMAGED`, `QUORATE_LOG_FORMAT` or `QUORATE_LOG_READ_FAILED`. */
export function findLog(options: LogOptions): Found {
  try {
    return find(options)
  } catch (error) {
    if (error instanceof DiskError) throw logFailed('read', error.path, error)
    throw error
  }
}

function find(options: LogOptions): Found {
  const { disk, directory, checksum, log: logger } = options
  const state = new LogState(new SegmentUse())
  const segments = new Segments(state.use)
  const names = disk.list(directory)
  const sequences = names.map(sequenceOf).filter(sequence => sequence !== undefined)
  const newest = sequences.at(-1)
  if (newest === undefined) {
    if (options.beginsIn === undefined) throw logGone(directory)
    disk.remove(preparedPath(directory))
    return { state, segments, tail: 'new', isMarkedEnd: false, last: undefined, leftovers: [] }
  }

  // The last segment says from which one on all must be there.
  const lastSegment = openSegment(options, newest)
  const scan = new SegmentScan(lastSegment, checksum)
  const tail = scan.readLast()
  const oldest = scan.last!.oldest
  if (oldest < 1 || oldest > newest) throw logDamaged(lastSegment.path, lastSegment.end, 'impossible batch')

  for (let sequence = oldest; sequence < newest; sequence++) segments.add(openSegment(options, sequence))
  segments.add(lastSegment)
  readAll(options, segments, state, oldest, newest)

  // From here on the log is known to be sound.
  disk.remove(preparedPath(directory))
  if (tail === 'ambiguous') {
    logger.warn('the last batch of the log is damaged: discarded, a quorum will be asked what it held', {
      file: lastSegment.path,
      offset: lastSegment.end,
    })
  }
  const leftovers = sequences.filter(each => each < oldest).map(each => segmentPath(directory, each))
  return { state, segments, tail, isMarkedEnd: scan.last!.kind === 'end', last: scan.last, leftovers }
}

function readAll(
  { checksum }: LogOptions,
  segments: Segments,
  state: LogState,
  oldest: number,
  newest: number,
): void {
  for (let sequence = oldest; sequence < newest; sequence++) {
    const segment = segments.get(sequence)
    const next = segments.get(sequence + 1)
    if (next.header.previousSalt !== segment.header.salt) {
      throw logDamaged(segment.path, 0, 'it is not the segment that the next one followed')
    }
    const { previousEnd, previousChecksum } = next.header
    const scan = new SegmentScan(segment, checksum)
    scan.readWhole(previousEnd, previousChecksum, replayInto(state, segment))
  }
  const last = segments.get(newest)
  const { end: lastEnd, checksum: lastChecksum } = last
  last.end = last.header.alignmentBytes
  last.checksum = last.header.checksum
  new SegmentScan(last, checksum).readWhole(lastEnd, lastChecksum, replayInto(state, last))
}

function replayInto(state: LogState, segment: Segment): VisitBatch {
  return (header, payload) => {
    try {
      state.applyBatch(payload, segment.header.sequence, header.offset)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      throw logDamaged(segment.path, header.offset, `a record cannot be read: ${error.message}`)
    }
  }
}

/** What is checked here was durable before the file got its name. */
function openSegment({ disk, directory, checksum }: LogOptions, sequence: number): Segment {
  const path = segmentPath(directory, sequence)
  if (!disk.exists(path)) throw logDamaged(path, 0, 'the segment is missing')
  const file = disk.open(path, 'write')
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES)
  const header = readSegmentHeader(bytes.subarray(0, file.read(0, bytes)), checksum)
  const problem = headerProblem(header, sequence, file.size())
  if (problem !== undefined) throw logDamaged(path, 0, problem)
  if (header!.version !== SEGMENT_FORMAT_VERSION) throw logFormatUnknown(path, header!.version)
  return { path, file, header: header!, end: header!.alignmentBytes, checksum: header!.checksum }
}

function headerProblem(
  header: SegmentHeader | undefined,
  sequence: number,
  fileBytes: number,
): string | undefined {
  if (header === undefined) return fileBytes === 0 ? 'the file is empty' : 'the segment header is damaged'
  if (header.sequence !== sequence) return `it is a copy of segment ${header.sequence}`
  if (fileBytes < header.segmentBytes)
    return `the file is cut off at ${fileBytes} of ${header.segmentBytes} bytes`
  return undefined
}

/**
 * The last batch may be in the page cache only: its writer may have died, or been told that its sync failed,
 * after which the system takes the pages for clean. Written again they are dirty, and this sync is a true one.
 */
export function rewriteLastBatch({ halt }: LogOptions, { segments, last }: Found, done: () => void): void {
  const segment = segments.active
  if (segment === undefined || last === undefined) return done()
  const { alignmentBytes } = segment.header
  const bytes = new Uint8Array(aligned(BATCH_HEADER_BYTES + last.payloadBytes, alignmentBytes))
  try {
    segment.file.read(last.offset, bytes)
  } catch (error) {
    if (error instanceof DiskError) halt(logFailed('read', segment.path, error))
    throw error
  }
  segment.file.writeSynced(last.offset, [bytes], error => {
    if (error !== null) halt(logFailed('write', segment.path, error))
    done()
  })
}

/** A segment file and how far it is filled. */
import type { DiskFile } from '../../runtime/disk.ts'
import { ZERO_SLICE_BYTES } from './limits.ts'
import type { SegmentHeader } from './segment-header.ts'

export interface Segment {
  readonly path: string
  readonly file: DiskFile
  readonly header: SegmentHeader
  /** Where the next batch goes. */
  end: number
  /** Of the last batch, or of the header before there is one. */
  checksum: number
}

const ZEROS = new Uint8Array(ZERO_SLICE_BYTES)

/** Zeros to be written: at most `ZERO_SLICE_BYTES`. */
export function zeros(count: number): Uint8Array {
  return ZEROS.subarray(0, count)
}

/** A file gets its name once it is whole: zeros, header and first batch are durable by then. */
export function segmentPath(directory: string, sequence: number): string {
  return `${directory}/${sequence.toString(16).padStart(8, '0')}.log`
}

/** The sequence number in the name of a segment file; undefined if it is something else's name. */
export function sequenceOf(name: string): number | undefined {
  return /^[0-9a-f]{8}\.log$/.test(name) ? Number.parseInt(name, 16) : undefined
}

/** The next segment, before it has its name. Whatever carries this name at a start is worthless. */
export function preparedPath(directory: string): string {
  return `${directory}/prepared`
}

/** The next multiple of the alignment. */
export function aligned(bytes: number, alignmentBytes: number): number {
  return Math.ceil(bytes / alignmentBytes) * alignmentBytes
}

/** The planned size of a segment: doubling from the first one's up to the limit. */
export function plannedSegmentBytes(
  sequence: number,
  limits: { readonly segmentBytes: number; readonly firstSegmentBytes: number },
): number {
  const doublings = Math.min(sequence - 1, 32)
  return Math.min(limits.segmentBytes, limits.firstSegmentBytes * 2 ** doublings)
}

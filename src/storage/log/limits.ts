/** What the log holds at most. Sizes are parameters, so that tests can meet every edge with tiny ones. */

export interface LogLimits {
  /** A segment's size, from the first one that reaches it. A larger one is made for an update that needs it. */
  readonly segmentBytes: number
  /** The first segment's size; each is twice the one before, so that a small node stays small. */
  readonly firstSegmentBytes: number
  /** Batches start on multiples of this: the page of the system, so that no write touches an older batch. */
  readonly alignmentBytes: number
  /** A batch that has reached this size takes no further update. */
  readonly batchBytesMax: number
  /** Entries of slow groups that one roll copies forward, so that they do not hold old segments. */
  readonly carriedBytesMax: number
}

export const LOG_LIMITS: LogLimits = {
  segmentBytes: 64 * 1024 * 1024,
  firstSegmentBytes: 4 * 1024 * 1024,
  alignmentBytes: 4096,
  batchBytesMax: 2 * 1024 * 1024,
  carriedBytesMax: 1024 * 1024,
}

/** Segments are filled with zeros in slices of this size, so that the filling delays no other sync for long. */
export const ZERO_SLICE_BYTES = 256 * 1024

/** How much of a segment is read at once when it is scanned. */
export const SCAN_WINDOW_BYTES = 1024 * 1024

/** Offsets within a segment are 32 bits. */
export const SEGMENT_BYTES_MAX = 2 ** 32 - 1

/** Everything that an HTTP/2 connection bounds, in one place. */

export interface Http2Limits {
  /** Streams that the other end may have open at once; one more is refused. */
  readonly concurrentStreamsMax: number
  /** What the other end may send on a stream before it is read, and on all streams together. */
  readonly streamWindowBytes: number
  readonly connectionWindowBytes: number
  /** The longest payload of a frame that we take (RFC 9113 §4.2); whole frames are buffered. */
  readonly frameBytesMax: number
  /** A header section: its compressed bytes, its size as RFC 7541 §4.1 counts it, its CONTINUATION frames. */
  readonly headerBlockBytesMax: number
  readonly headerListBytesMax: number
  readonly continuationsMax: number
  /**
   * Data that waits for the other end's windows. A stream or a connection beyond it may not add a message
   * (one message of any size may always wait): the stream is reset.
   */
  readonly streamQueueBytesMax: number
  readonly connectionQueueBytesMax: number
  /** Frames made in one turn, before data has to wait for the next flush. */
  readonly outputBytesMax: number
  /** Answers to control frames that wait for a transport which does not drain; then the connection ends. */
  readonly blockedOutputBytesMax: number
  /** Frames that cost us more than their sender: PING, SETTINGS, PRIORITY, unknown and empty frames. */
  readonly controlFramesBurst: number
  readonly controlFramesPerSecond: number
  /**
   * Streams that end in a reset soon after they began (CVE-2023-44487), or because of an error of the other
   * end (CVE-2025-8671). Calls cancelled at their deadline are older than that, and free.
   */
  readonly rapidResetsBurst: number
  readonly rapidResetsPerSecond: number
  readonly rapidResetAgeMs: number
  /** How long an answer that is complete may wait for a window that the other end keeps shut. */
  readonly stalledAnswerMs: number
  /** How long the other end may take to send its preface and its settings. */
  readonly handshakeMs: number
  /** How long a graceful shutdown waits for the other end to learn of it. */
  readonly goAwayRoundTripMs: number
}

export const HTTP2_LIMITS: Http2Limits = {
  concurrentStreamsMax: 4096,
  streamWindowBytes: 1024 * 1024,
  connectionWindowBytes: 4 * 1024 * 1024,
  frameBytesMax: 16_384,
  headerBlockBytesMax: 64 * 1024,
  headerListBytesMax: 64 * 1024,
  continuationsMax: 64,
  streamQueueBytesMax: 4 * 1024 * 1024,
  connectionQueueBytesMax: 64 * 1024 * 1024,
  outputBytesMax: 1024 * 1024,
  blockedOutputBytesMax: 256 * 1024,
  controlFramesBurst: 10_000,
  controlFramesPerSecond: 1000,
  rapidResetsBurst: 1000,
  rapidResetsPerSecond: 100,
  rapidResetAgeMs: 100,
  stalledAnswerMs: 60_000,
  handshakeMs: 20_000,
  goAwayRoundTripMs: 5000,
}

/** How many streams that we reset are remembered, so that what was on its way to them is no error. */
export const RESET_STREAMS_REMEMBERED = 1024

/** RFC 9113 §5.1.1 */
export const STREAM_ID_MAX = 2 ** 31 - 1
/** RFC 9113 §6.9.1 */
export const WINDOW_BYTES_MAX = 2 ** 31 - 1
/** RFC 9113 §6.9.2 */
export const INITIAL_WINDOW_BYTES = 65_535
/** RFC 9113 §4.2: what every endpoint must take, and the most that may be agreed on. */
export const FRAME_BYTES_DEFAULT = 16_384
export const FRAME_BYTES_LARGEST = 2 ** 24 - 1

/** Output is built in slabs of this size; longer runs of bytes that are ours leave without another copy. */
export const OUTPUT_SLAB_BYTES = 64 * 1024
export const OUTPUT_FIRST_SLAB_BYTES = 2 * 1024
export const OUTPUT_COPY_BYTES_MAX = 8 * 1024
/** How much one stream may send before the next has its turn. */
export const STREAM_QUANTUM_BYTES = 64 * 1024
/** Waiting messages up to this size are gathered. */
export const QUEUE_SLAB_BYTES = 8 * 1024
/** Debug text that is kept of a GOAWAY. */
export const GOAWAY_TEXT_BYTES_MAX = 256

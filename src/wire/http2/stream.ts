/**
 * One stream of a connection (RFC 9113 §5): its state, its two windows, and what waits to be sent on it. It is
 * data that the connection and its sender work on; who uses the stream talks to the connection.
 */
import type { Instant } from '../../core/time.ts'
import type { HeaderField } from '../hpack/header-field.ts'
import type { ErrorCode } from './error-code.ts'

/**
 * Why a stream ended early: the other end reset it; it broke a rule and we reset it; the other end went away
 * without having looked at it; the connection failed with it; its headers were larger than the other end takes,
 * and were not sent.
 */
export type ResetCause = 'peer' | 'error' | 'unprocessed' | 'lost' | 'unsendable'

export interface Http2StreamEvents {
  /** A response's header section, or a trailer section, which ends the stream. */
  headers(fields: readonly HeaderField[], endStream: boolean): void
  /**
   * The bytes from `from` to `to` are only valid during the call. What was read of them is told to
   * `consumed`: the other end sends no more than a window ahead of that.
   */
  data(bytes: Uint8Array, from: number, to: number, endStream: boolean): void
  /** Everything queued was sent, after `sendData` had returned false. */
  drained(): void
  /** The stream is over; comes at most once, and nothing after it. */
  reset(code: ErrorCode, cause: ResetCause): void
}

export class Http2Stream {
  readonly id: number
  readonly openedAt: Instant
  events: Http2StreamEvents
  /** Neither end will say more, and the connection has forgotten the stream. */
  closed = false

  /** The other end has sent END_STREAM. */
  remoteClosed = false
  /** A client's: the final response's header section has come, so that the next one is trailers. */
  answered = false
  receiveWindow: number
  /** Read, and not yet given back to the other end as window. */
  unannounced = 0
  /** What `content-length` still promises; negative when it promised nothing. */
  expectedBytes = -1

  /** We have sent, or queued, END_STREAM. */
  ended = false
  sendWindow: number
  queuedHead: readonly HeaderField[] | null = null
  queue: Uint8Array[] = []
  /** How much of the queue's first piece has been sent. */
  queueOffset = 0
  queuedBytes = 0
  /** What the queue's last piece is a view of, while small messages may be added to it. */
  slab: Uint8Array | null = null
  slabUsed = 0
  /** END_STREAM waits behind the queue, alone or with these trailers. */
  endQueued = false
  queuedTrailers: readonly HeaderField[] | null = null
  wantsDrained = false
  /** `queuedBytes` when a stalled answer was last looked for. */
  stalledBytes = -1

  constructor(
    id: number,
    openedAt: Instant,
    receiveWindow: number,
    sendWindow: number,
    events: Http2StreamEvents,
  ) {
    this.id = id
    this.openedAt = openedAt
    this.receiveWindow = receiveWindow
    this.sendWindow = sendWindow
    this.events = events
  }

  /** Something waits to be sent. */
  get pending(): boolean {
    return this.queuedBytes > 0 || this.endQueued || this.queuedHead !== null
  }
}

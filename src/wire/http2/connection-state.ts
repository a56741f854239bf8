/**
 * What the two halves of a connection share: the one that reads frames (`incoming.ts`) and the one that its owner
 * talks to (`connection.ts`). Streams are opened, ended and forgotten here, and nowhere else.
 */
import { addMs, type Instant } from '../../core/time.ts'
import type { HeaderField } from '../hpack/header-field.ts'
import { AbuseGuard } from './abuse-guard.ts'
import { ConnectionError, ErrorCode } from './error-code.ts'
import { Flag, FrameType } from './frame.ts'
import type { RequestHead } from './header-section.ts'
import { type Http2Limits, INITIAL_WINDOW_BYTES } from './limits.ts'
import type { PingPolicy } from './ping-strikes.ts'
import { Sender, type SenderEvents } from './sender.ts'
import { defaultSettings } from './settings.ts'
import { Http2Stream, type Http2StreamEvents } from './stream.ts'
import { StreamTable } from './stream-table.ts'

export interface Http2Events {
  /** There is something to flush. Comes once until the flush; the owner flushes at the end of its turn. */
  wantsFlush(): void
  /**
   * A server's: a request came. `head` is only valid during the call. Whoever serves it makes itself the
   * stream's `events` before anything else.
   */
  request(stream: Http2Stream, head: RequestHead, fields: readonly HeaderField[], endStream: boolean): void
  /** The other end will take no new streams. */
  goingAway(code: ErrorCode, text: string): void
  /** A stream has gone, or the other end's settings changed: there may be room for new streams. */
  roomForStreams(): void
}

export const PING_BYTES = 8
/** The payload of the ping that finds out that a GOAWAY has arrived; keepalive pings carry zeros. */
export const GOAWAY_PING = 0x676f6177

export class ConnectionState implements SenderEvents {
  readonly server: boolean
  readonly limits: Http2Limits
  readonly events: Http2Events
  readonly remoteSettings = defaultSettings()
  readonly table: StreamTable
  readonly sender: Sender
  readonly guard: AbuseGuard
  /** The time of what is going on: of the input that is being worked on, or else of the last one. */
  now: Instant
  /** The other end's settings have come, without which it may send nothing else. */
  settled = false
  /** The other end obeys our settings; before, it went by the defaults. */
  obeyed = false
  /** Over: nothing that comes is looked at. */
  failed = false
  /** The owner should close the transport. */
  wantsClose = false
  /** No new streams of ours: the other end, or our owner, has said so. */
  goingAway = false
  /** A server's graceful end: `announced` until the other end must know of it, then `final`. */
  shutdown: 'none' | 'announced' | 'final' = 'none'
  /** The owner has been told that there is output. */
  flushWanted = false
  /** Our receive window for the whole connection, and what was taken from it since the last update. */
  #receiveWindow: number
  #unannounced = 0
  /** Answered before the request had ended: reset at the flush, unless its end comes before. */
  #unfinished: Http2Stream[] = []

  constructor(
    now: Instant,
    server: boolean,
    limits: Http2Limits,
    pingPolicy: PingPolicy | undefined,
    events: Http2Events,
  ) {
    this.now = now
    this.server = server
    this.limits = limits
    this.events = events
    this.table = new StreamTable(server)
    this.sender = new Sender(limits, this.remoteSettings, this)
    this.guard = new AbuseGuard(limits, pingPolicy)
    this.#receiveWindow = Math.max(limits.connectionWindowBytes, INITIAL_WINDOW_BYTES)
  }

  get receiveWindow(): number {
    return this.#receiveWindow
  }

  /** Something is about to be written. */
  output(): void {
    if (this.flushWanted) return
    this.flushWanted = true
    this.events.wantsFlush()
  }

  sent(): void {
    this.guard.sent()
  }

  /** Our END_STREAM has left. */
  ended(stream: Http2Stream): void {
    if (stream.remoteClosed) this.forget(stream)
    else if (this.server) this.#unfinished.push(stream)
  }

  /**
   * Headers that the other end would not take (§10.5.1). A server gives the stream up as grpc-go does; a client's
   * request, which alone has headers, has not left, so that there is nothing to reset.
   */
  unsendable(stream: Http2Stream): void {
    this.forget(stream)
    this.writeReset(stream.id, ErrorCode.internalError)
    stream.events.reset(ErrorCode.internalError, 'unsendable')
  }

  openStream(id: number, events: Http2StreamEvents): Http2Stream {
    const { streamWindowBytes } = this.limits
    const receiveWindow = this.obeyed ? streamWindowBytes : Math.max(streamWindowBytes, INITIAL_WINDOW_BYTES)
    const stream = new Http2Stream(id, this.now, receiveWindow, this.remoteSettings.initialWindowSize, events)
    this.table.add(stream)
    return stream
  }

  /** The other end has ended a stream that we may have ended before. */
  closeIfDone(stream: Http2Stream): void {
    if (stream.ended && !stream.pending) this.forget(stream)
  }

  /** The stream is over for both ends. */
  forget(stream: Http2Stream): void {
    if (stream.closed) return
    stream.closed = true
    this.table.delete(stream)
    this.sender.forget(stream)
    this.events.roomForStreams()
    // The flush finds out whether this was the last one.
    if ((this.goingAway || this.shutdown === 'final') && this.table.size === 0) this.output()
  }

  /** Ends a stream for a reason of ours. */
  giveUp(stream: Http2Stream, code: ErrorCode): void {
    this.forget(stream)
    this.writeReset(stream.id, code)
    stream.events.reset(code, 'error')
  }

  /** A stream error (§5.4.2): the other end broke a rule. Only while bytes are being received. */
  breakStream(stream: Http2Stream, code: ErrorCode): void {
    this.giveUp(stream, code)
    this.guard.rapidReset(this.now)
  }

  /** The same, for a stream that is not open here. */
  refuse(streamId: number, code: ErrorCode): void {
    this.writeReset(streamId, code)
    this.guard.rapidReset(this.now)
  }

  /** The other end gave a stream up: free, unless it is a habit to do so at once. */
  countReset(stream: Http2Stream): void {
    const young = this.now < addMs(stream.openedAt, this.limits.rapidResetAgeMs)
    if (young && this.server) this.guard.rapidReset(this.now)
  }

  writeReset(streamId: number, code: ErrorCode): void {
    // §5.1: of a stream whose request still waited here, the other end must not hear.
    if (!this.server && streamId > this.sender.lastStreamId) return
    this.table.rememberReset(streamId)
    this.output()
    this.sender.output.rstStream(streamId, code)
  }

  /** §8.1: a server that answers without needing the rest of the request says so with NO_ERROR. */
  resetUnfinished(): void {
    if (this.#unfinished.length === 0) return
    const unfinished = this.#unfinished
    this.#unfinished = []
    for (const stream of unfinished) {
      if (stream.closed) continue
      this.forget(stream)
      this.writeReset(stream.id, ErrorCode.noError)
    }
  }

  /** Bytes of a stream were read: in batches, the other end may send as many more. */
  consumed(stream: Http2Stream, count: number): void {
    stream.unannounced += count
    if (stream.closed || stream.remoteClosed) return
    if (stream.unannounced * 2 < this.limits.streamWindowBytes) return
    this.output()
    this.sender.output.windowUpdate(stream.id, stream.unannounced)
    stream.receiveWindow += stream.unannounced
    stream.unannounced = 0
  }

  /**
   * Bytes of any stream have come. Their window is given back at once: what a stream holds unread is bounded
   * by its own window, so that one slow reader does not stop the others.
   */
  receivedData(length: number): void {
    if (length > this.#receiveWindow) {
      throw new ConnectionError(ErrorCode.flowControlError, 'connection window exceeded')
    }
    this.#receiveWindow -= length
    this.#unannounced += length
    if (this.#unannounced * 2 < this.limits.connectionWindowBytes) return
    this.output()
    this.sender.output.windowUpdate(0, this.#unannounced)
    this.#receiveWindow += this.#unannounced
    this.#unannounced = 0
  }

  ping(flags: number, high: number, low: number): void {
    this.output()
    this.sender.output.frameHeader(PING_BYTES, FrameType.ping, flags, 0)
    this.sender.output.u32(high)
    this.sender.output.u32(low)
  }

  /** §6.8, the beginning of a graceful end: streams that are on their way are still taken. */
  announceShutdown(): void {
    this.shutdown = 'announced'
    this.output()
    this.sender.output.goAway(this.table.acceptUpTo, ErrorCode.noError, 'graceful_stop')
    this.ping(Flag.none, GOAWAY_PING, GOAWAY_PING)
  }

  /** The other end knows, or has had its time: what it opens from here on is not looked at. */
  finishShutdown(): void {
    if (this.shutdown !== 'announced') return
    this.shutdown = 'final'
    this.table.acceptUpTo = this.table.lastRemoteId
    this.output()
    this.sender.output.goAway(this.table.lastRemoteId, ErrorCode.noError, 'graceful_stop')
  }
}

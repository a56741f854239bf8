/**
 * One HTTP/2 connection, either end (RFC 9113): bytes in, events out; requests for frames in, bytes out. It owns
 * no socket and no clock. `receive` never throws because of bytes: what breaks the rules ends a stream
 * (RST_STREAM) or the connection (GOAWAY, then `wantsClose`).
 *
 * The hot path reads frames where they lie, finds the stream in a map and hands the payload on as a range.
 */
import { DecodeError } from '../../core/bytes.ts'
import { addMs, type Instant, NEVER } from '../../core/time.ts'
import type { ByteSink } from '../engine.ts'
import type { HeaderField } from '../hpack/header-field.ts'
import { HpackDecoder } from '../hpack/hpack-decoder.ts'
import { ConnectionError, ErrorCode } from './error-code.ts'
import { Flag, FrameType, PREFACE, readU31, readU32 } from './frame.ts'
import { FrameReader } from './frame-reader.ts'
import { HeaderBlock } from './header-block.ts'
import { checkRequest, checkResponse, checkTrailers, type RequestHead } from './header-section.ts'
import { Keepalive, type KeepaliveOptions } from './keepalive.ts'
import {
  GOAWAY_TEXT_BYTES_MAX,
  HTTP2_LIMITS,
  type Http2Limits,
  INITIAL_WINDOW_BYTES,
  STREAM_ID_MAX,
  WINDOW_BYTES_MAX,
} from './limits.ts'
import { type PingPolicy, PingStrikes } from './ping-strikes.ts'
import { ResetStreams } from './reset-streams.ts'
import { Sender } from './sender.ts'
import { applySettings, defaultSettings, SETTING_BYTES, SettingId } from './settings.ts'
import { Http2Stream, type Http2StreamEvents } from './stream.ts'
import { TokenBucket } from './token-bucket.ts'

export type { ByteSink } from '../engine.ts'

export interface Http2Events {
  /** There is something to flush. Comes once until the flush; the owner flushes at the end of its turn. */
  wantsFlush(): void
  /** A server's: a request came. `head` is only valid during the call. */
  request(
    stream: Http2Stream,
    head: RequestHead,
    fields: readonly HeaderField[],
    endStream: boolean,
  ): Http2StreamEvents
  /** The other end will take no new streams. */
  goingAway(code: ErrorCode, text: string): void
  /** A stream has gone, or the other end's settings changed: there may be room for new streams. */
  roomForStreams(): void
}

export interface Http2Options {
  readonly role: 'client' | 'server'
  readonly limits?: Partial<Http2Limits>
  readonly keepalive?: KeepaliveOptions
  /** A server's. Without one, pings are only bounded like other control frames. */
  readonly pingPolicy?: PingPolicy
}

const PING_BYTES = 8
/** The payload of the ping that finds out that a GOAWAY has arrived; keepalive pings carry zeros. */
const GOAWAY_PING = 0x676f6177

export class Http2Connection {
  readonly remoteSettings = defaultSettings()
  readonly #events: Http2Events
  readonly #server: boolean
  readonly #limits: Http2Limits
  readonly #sender: Sender
  readonly #reader: FrameReader
  readonly #decoder = new HpackDecoder()
  readonly #block: HeaderBlock
  readonly #streams = new Map<number, Http2Stream>()
  readonly #resetStreams = new ResetStreams()
  readonly #controlFrames: TokenBucket
  readonly #rapidResets: TokenBucket
  readonly #pingStrikes: PingStrikes | undefined
  readonly #keepalive: Keepalive | undefined
  readonly #requestHead: RequestHead = { method: '', path: '', authority: '', contentLength: -1 }
  readonly #responseHead = { status: 0, contentLength: -1 }

  #now: Instant
  #prefaceAt = 0
  #settled = false
  #handshakeBy: Instant
  /** Our receive window for the whole connection, and what was taken from it since the last update. */
  #receiveWindow: number
  #unannounced = 0
  #lastRemoteId = 0
  #lastLocalId = -1
  /** The highest stream of ours whose HEADERS may have reached the other end. */
  #flushedLocalId = 0
  #flushWanted = false
  #wantsClose = false
  #failed = false
  /** Streams that the other end opened beyond this are not looked at: our GOAWAY said so. */
  #acceptUpTo = STREAM_ID_MAX
  #shutdown: 'none' | 'announced' | 'final' = 'none'
  #shutdownBy: Instant = NEVER
  #remoteGoAway = false
  #stallCheckAt: Instant = NEVER
  /** Answered before the request had ended: reset at the flush, unless its end comes before. */
  #unfinished: Http2Stream[] = []

  constructor(now: Instant, options: Http2Options, events: Http2Events) {
    this.#now = now
    this.#events = events
    this.#server = options.role === 'server'
    const limits: Http2Limits = { ...HTTP2_LIMITS, ...options.limits }
    this.#limits = limits
    this.#sender = new Sender(limits, this.remoteSettings, {
      output: () => this.#output(),
      sent: () => this.#pingStrikes?.forgive(),
      ended: stream => this.#localEnd(stream),
    })
    this.#reader = new FrameReader(this, limits.frameBytesMax)
    this.#block = new HeaderBlock(limits)
    this.#controlFrames = new TokenBucket(limits.controlFramesBurst, limits.controlFramesPerSecond)
    this.#rapidResets = new TokenBucket(limits.rapidResetsBurst, limits.rapidResetsPerSecond)
    this.#pingStrikes = options.pingPolicy && new PingStrikes(options.pingPolicy)
    this.#keepalive = options.keepalive && new Keepalive(options.keepalive, now)
    this.#handshakeBy = addMs(now, limits.handshakeMs)
    this.#receiveWindow = Math.max(limits.connectionWindowBytes, INITIAL_WINDOW_BYTES)
    this.#prefaceAt = this.#server ? 0 : PREFACE.length
  }

  /** Says hello. Comes first; apart from the constructor so that the owner is complete when it is told. */
  start(): void {
    this.#output()
    const { output } = this.#sender
    if (!this.#server) output.copy(PREFACE, 0, PREFACE.length)
    const limits = this.#limits
    const settings: [number, number][] = [
      [SettingId.initialWindowSize, limits.streamWindowBytes],
      [SettingId.maxFrameSize, limits.frameBytesMax],
      [SettingId.maxHeaderListSize, limits.headerListBytesMax],
      this.#server
        ? [SettingId.maxConcurrentStreams, limits.concurrentStreamsMax]
        : [SettingId.enablePush, 0],
    ]
    output.frameHeader(settings.length * SETTING_BYTES, FrameType.settings, Flag.none, 0)
    for (const [id, value] of settings) {
      output.u16(id)
      output.u32(value)
    }
    const more = this.#receiveWindow - INITIAL_WINDOW_BYTES
    if (more > 0) output.windowUpdate(0, more)
  }

  /** True once the transport should be closed, after what `flush` gives has been sent. */
  get wantsClose(): boolean {
    return this.#wantsClose
  }

  get streams(): number {
    return this.#streams.size
  }

  /** Whether a client may open a stream now. */
  get mayOpen(): boolean {
    return (
      !this.draining &&
      this.#streams.size < this.remoteSettings.maxConcurrentStreams &&
      this.#lastLocalId + 2 <= STREAM_ID_MAX
    )
  }

  /** No stream will ever be opened here again. */
  get draining(): boolean {
    return this.#failed || this.#wantsClose || this.#remoteGoAway || this.#lastLocalId + 2 > STREAM_ID_MAX
  }

  /** The bytes are only valid during the call. */
  receive(now: Instant, bytes: Uint8Array): void {
    this.#now = now
    if (this.#failed) return
    this.#keepalive?.heard(now)
    try {
      let at = 0
      if (this.#prefaceAt < PREFACE.length) {
        at = this.#preface(bytes)
        if (this.#prefaceAt < PREFACE.length) return
      }
      this.#reader.receive(bytes, at)
      // Data waits in its stream; what gathers here are answers that somebody asks for and does not take.
      if (this.#sender.blocked && this.#sender.output.length > this.#limits.blockedOutputBytesMax) {
        throw new ConnectionError(ErrorCode.enhanceYourCalm, 'answers are not taken')
      }
    } catch (error) {
      if (error instanceof ConnectionError) this.#fail(error.code, error.message)
      else throw error
    }
  }

  /** When `onDeadline` is due; may change with every call. */
  deadline(): Instant {
    if (this.#failed) return NEVER
    if (this.#sender.queuedBytes > 0 && this.#stallCheckAt === NEVER) {
      this.#stallCheckAt = addMs(this.#now, this.#limits.stalledAnswerMs)
    }
    let at = this.#keepalive?.deadline() ?? NEVER
    if (this.#handshakeBy < at) at = this.#handshakeBy
    if (this.#shutdownBy < at) at = this.#shutdownBy
    if (this.#stallCheckAt < at) at = this.#stallCheckAt
    return at
  }

  onDeadline(now: Instant): void {
    this.#now = now
    if (this.#failed) return
    if (now >= this.#handshakeBy) return this.#fail(ErrorCode.settingsTimeout, 'no settings in time')
    if (now >= this.#shutdownBy) this.#finalGoAway()
    if (now >= this.#stallCheckAt) this.#resetStalled()
    const due = this.#keepalive?.onDeadline(now)
    if (due === 'dead') this.#fail(ErrorCode.noError, 'keepalive timeout')
    else if (due === 'ping') this.#ping(Flag.none, 0, 0)
  }

  /** Gives everything that may leave to the transport. */
  flush(now: Instant, sink: ByteSink): void {
    this.#now = now
    // What is written from here on leaves below, or finds the transport blocked.
    this.#flushWanted = true
    this.#resetUnfinished()
    const sender = this.#sender
    if (!sender.blocked || this.#wantsClose) {
      do {
        this.#flushedLocalId = this.#lastLocalId
        sender.output.drain(bytes => {
          if (!sink.write(bytes)) sender.blocked = true
        })
        sender.pump()
      } while (sender.output.length > 0 && !sender.blocked)
    }
    this.#flushWanted = false
    if (this.#shutdown === 'final' || this.#remoteGoAway) this.#closeWhenIdle()
  }

  /** The transport, which was full, takes bytes again. */
  drained(now: Instant): void {
    this.#now = now
    this.#sender.blocked = false
    this.#sender.pump()
    if (this.#sender.output.length > 0) this.#output()
  }

  /** Takes no new streams, lets the present ones finish, then wants to close (§6.8). */
  shutdown(now: Instant): void {
    this.#now = now
    if (this.#shutdown !== 'none' || this.#failed) return
    if (!this.#server) {
      this.#shutdown = 'final'
      this.#remoteGoAway = true
      this.#output()
      this.#sender.output.goAway(0, ErrorCode.noError, '')
      return
    }
    // Streams that are on their way must not be lost: the last id follows when the ping has come back.
    this.#shutdown = 'announced'
    this.#shutdownBy = addMs(now, this.#limits.goAwayRoundTripMs)
    this.#output()
    this.#sender.output.goAway(STREAM_ID_MAX, ErrorCode.noError, 'graceful_stop')
    this.#ping(Flag.none, GOAWAY_PING, GOAWAY_PING)
  }

  /** Ends the connection at once, for a reason of the owner's. */
  abort(code: ErrorCode, text: string): void {
    if (!this.#failed) this.#fail(code, text)
  }

  /** The transport is gone. */
  lost(now: Instant): void {
    this.#now = now
    if (this.#failed) return
    this.#failed = this.#wantsClose = true
    this.#resetAll(ErrorCode.cancel)
  }

  /** A client's: a new stream with its request. Only while `mayOpen`. */
  open(fields: readonly HeaderField[], endStream: boolean, events: Http2StreamEvents): Http2Stream {
    this.#lastLocalId += 2
    const stream = this.#newStream(this.#lastLocalId, events)
    this.sendHeaders(stream, fields, endStream)
    return stream
  }

  sendHeaders(stream: Http2Stream, fields: readonly HeaderField[], endStream: boolean): void {
    if (!stream.closed && !stream.ended) this.#sender.headers(stream, fields, endStream)
  }

  /**
   * Sends `prefix` and `bytes`, which are copied. False when some of it has to wait: `drained` follows. A
   * stream in which too much waits already is reset.
   */
  sendData(stream: Http2Stream, prefix: Uint8Array, bytes: Uint8Array, endStream: boolean): boolean {
    if (stream.closed || stream.ended) return false
    if (stream.pending && !this.#sender.mayQueue(stream)) {
      this.#giveUp(stream, ErrorCode.enhanceYourCalm)
      return false
    }
    return this.#sender.data(stream, prefix, bytes, endStream)
  }

  /** Tells the other end that `count` bytes of this stream were read. */
  consumed(stream: Http2Stream, count: number): void {
    stream.unannounced += count
    if (stream.closed || stream.remoteClosed) return
    if (stream.unannounced * 2 < this.#limits.streamWindowBytes) return
    this.#output()
    this.#sender.output.windowUpdate(stream.id, stream.unannounced)
    stream.receiveWindow += stream.unannounced
    stream.unannounced = 0
  }

  /** Gives the stream up, without an event. */
  reset(stream: Http2Stream, code: ErrorCode): void {
    if (stream.closed) return
    this.#forget(stream)
    this.#writeReset(stream.id, code)
  }

  /** For `FrameReader`. */
  frame(type: number, flags: number, streamId: number, bytes: Uint8Array, from: number, to: number): boolean {
    if (
      this.#block.streamId !== 0 &&
      (type !== FrameType.continuation || streamId !== this.#block.streamId)
    ) {
      throw protocolError('header block interrupted')
    }
    if (!this.#settled && (type !== FrameType.settings || (flags & Flag.ack) !== 0)) {
      throw protocolError('first frame is not SETTINGS')
    }
    switch (type) {
      case FrameType.data:
        this.#onData(flags, streamId, bytes, from, to)
        break
      case FrameType.headers:
        this.#onHeaders(flags, streamId, bytes, from, to)
        break
      case FrameType.continuation:
        this.#onContinuation(flags, streamId, bytes, from, to)
        break
      case FrameType.priority:
        this.#onPriority(streamId, to - from)
        break
      case FrameType.rstStream:
        this.#onRstStream(streamId, bytes, from, to)
        break
      case FrameType.settings:
        this.#onSettings(flags, streamId, bytes, from, to)
        break
      case FrameType.pushPromise:
        throw protocolError('PUSH_PROMISE')
      case FrameType.ping:
        this.#onPing(flags, streamId, bytes, from, to)
        break
      case FrameType.goAway:
        this.#onGoAway(streamId, bytes, from, to)
        break
      case FrameType.windowUpdate:
        this.#onWindowUpdate(streamId, bytes, from, to)
        break
      default:
        // §5.5: unknown frames are ignored.
        this.#chargeControlFrame()
    }
    return !this.#failed
  }

  /** §3.4 */
  #preface(bytes: Uint8Array): number {
    let at = 0
    while (at < bytes.length && this.#prefaceAt < PREFACE.length) {
      if (bytes[at] !== PREFACE[this.#prefaceAt]) throw protocolError('invalid preface')
      at += 1
      this.#prefaceAt += 1
    }
    return at
  }

  /** §6.1 */
  #onData(flags: number, streamId: number, bytes: Uint8Array, from: number, to: number): void {
    if (streamId === 0) throw protocolError('DATA on stream 0')
    const length = to - from
    this.#chargeConnectionWindow(length)
    if ((flags & Flag.padded) !== 0) {
      to = unpaddedEnd(bytes, from, to)
      from += 1
    }
    const end = (flags & Flag.endStream) !== 0
    if (length === 0 && !end) this.#chargeControlFrame()
    const stream = this.#streams.get(streamId)
    if (stream === undefined) {
      if (this.#isIdle(streamId)) throw protocolError('DATA on an idle stream')
      if (!this.#isIgnored(streamId)) this.#streamError(streamId, ErrorCode.streamClosed)
      return
    }
    if (stream.remoteClosed) return this.#breakStream(stream, ErrorCode.streamClosed)
    if (!this.#server && !stream.answered) return this.#breakStream(stream, ErrorCode.protocolError)
    if (length > stream.receiveWindow) return this.#breakStream(stream, ErrorCode.flowControlError)
    stream.receiveWindow -= length
    const padding = length - (to - from)
    if (padding > 0) this.consumed(stream, padding)
    if (stream.expectedBytes >= 0 && !this.#contentFits(stream, to - from, end)) return
    if (end) this.#remoteEnd(stream)
    stream.events.data(bytes, from, to, end)
    if (end && stream.ended) this.#closeIfDone(stream)
  }

  /** §8.1.1: content-length must be what the data adds up to. */
  #contentFits(stream: Http2Stream, length: number, end: boolean): boolean {
    const left = stream.expectedBytes - length
    if (left < 0 || (end && left !== 0)) {
      this.#breakStream(stream, ErrorCode.protocolError)
      return false
    }
    stream.expectedBytes = left
    return true
  }

  /** §6.2 */
  #onHeaders(flags: number, streamId: number, bytes: Uint8Array, from: number, to: number): void {
    if (streamId === 0) throw protocolError('HEADERS on stream 0')
    if ((flags & Flag.padded) !== 0) {
      to = unpaddedEnd(bytes, from, to)
      from += 1
    }
    if ((flags & Flag.priority) !== 0) from += 5
    if (from > to) throw new ConnectionError(ErrorCode.frameSizeError, 'HEADERS too short')
    const end = (flags & Flag.endStream) !== 0
    if ((flags & Flag.endHeaders) !== 0) return this.#onHeaderBlock(streamId, end, bytes, from, to)
    this.#block.begin(streamId, end)
    this.#block.append(bytes, from, to)
  }

  /** §6.10 */
  #onContinuation(flags: number, streamId: number, bytes: Uint8Array, from: number, to: number): void {
    const block = this.#block
    if (block.streamId === 0) throw protocolError('CONTINUATION without HEADERS')
    block.append(bytes, from, to)
    if ((flags & Flag.endHeaders) === 0) return
    block.streamId = 0
    this.#onHeaderBlock(streamId, block.endStream, block.bytes, 0, block.length)
  }

  /** Decodes in any case: both ends' tables must stay the same. */
  #onHeaderBlock(streamId: number, end: boolean, bytes: Uint8Array, from: number, to: number): void {
    const fields: HeaderField[] = []
    let size: number
    try {
      size = this.#decoder.decode(bytes, from, to, fields, this.#limits.headerListBytesMax)
    } catch (error) {
      if (error instanceof DecodeError) throw new ConnectionError(ErrorCode.compressionError, error.message)
      throw error
    }
    const tooLarge = size > this.#limits.headerListBytesMax
    const stream = this.#streams.get(streamId)
    if (stream !== undefined) return this.#onStreamHeaders(stream, end, fields, tooLarge)
    if (this.#server) return this.#onRequest(streamId, end, fields, tooLarge)
    if (this.#isIdle(streamId)) throw protocolError('HEADERS on an idle stream')
  }

  #onRequest(streamId: number, end: boolean, fields: readonly HeaderField[], tooLarge: boolean): void {
    if ((streamId & 1) === 0) throw protocolError('even stream id from a client')
    if (streamId <= this.#lastRemoteId) {
      if (this.#isIgnored(streamId)) return
      throw new ConnectionError(ErrorCode.streamClosed, 'HEADERS on a closed stream')
    }
    if (streamId > this.#acceptUpTo) return
    this.#lastRemoteId = streamId
    if (this.#streams.size >= this.#limits.concurrentStreamsMax) {
      return this.#streamError(streamId, ErrorCode.refusedStream)
    }
    if (tooLarge) return this.#streamError(streamId, ErrorCode.enhanceYourCalm)
    const head = this.#requestHead
    if (checkRequest(fields, head) !== null || (end && head.contentLength > 0)) {
      return this.#streamError(streamId, ErrorCode.protocolError)
    }
    const stream = this.#newStream(streamId, NO_EVENTS)
    stream.expectedBytes = head.contentLength
    if (end) stream.remoteClosed = true
    stream.events = this.#events.request(stream, head, fields, end)
  }

  /** A response's header section, or the trailers of either side. */
  #onStreamHeaders(
    stream: Http2Stream,
    end: boolean,
    fields: readonly HeaderField[],
    tooLarge: boolean,
  ): void {
    if (stream.remoteClosed) return this.#breakStream(stream, ErrorCode.streamClosed)
    if (tooLarge) return this.#breakStream(stream, ErrorCode.enhanceYourCalm)
    if (this.#server || stream.answered) {
      const missing = stream.expectedBytes > 0
      if (!end || missing || checkTrailers(fields) !== null) {
        return this.#breakStream(stream, ErrorCode.protocolError)
      }
    } else {
      const head = this.#responseHead
      if (checkResponse(fields, head) !== null) return this.#breakStream(stream, ErrorCode.protocolError)
      if (head.status < 200) {
        // §8.1: interim responses come before the one that counts.
        if (end) this.#breakStream(stream, ErrorCode.protocolError)
        return
      }
      stream.answered = true
      stream.expectedBytes = head.contentLength
    }
    if (end) this.#remoteEnd(stream)
    stream.events.headers(fields, end)
    if (end && stream.ended) this.#closeIfDone(stream)
  }

  /** §6.3, §5.3.2: priorities are taken and ignored. */
  #onPriority(streamId: number, length: number): void {
    if (streamId === 0) throw protocolError('PRIORITY on stream 0')
    if (length !== 5) throw new ConnectionError(ErrorCode.frameSizeError, 'PRIORITY')
    this.#chargeControlFrame()
  }

  /** §6.4 */
  #onRstStream(streamId: number, bytes: Uint8Array, from: number, to: number): void {
    if (streamId === 0) throw protocolError('RST_STREAM on stream 0')
    if (to - from !== 4) throw new ConnectionError(ErrorCode.frameSizeError, 'RST_STREAM')
    if (this.#isIdle(streamId)) throw protocolError('RST_STREAM on an idle stream')
    const stream = this.#streams.get(streamId)
    if (stream === undefined) return this.#chargeControlFrame()
    const young = this.#now < addMs(stream.openedAt, this.#limits.rapidResetAgeMs)
    this.#forget(stream)
    stream.events.reset(readU32(bytes, from), 'peer')
    if (young && this.#server) this.#chargeRapidReset()
  }

  /** §6.5 */
  #onSettings(flags: number, streamId: number, bytes: Uint8Array, from: number, to: number): void {
    if (streamId !== 0) throw protocolError('SETTINGS on a stream')
    const ack = (flags & Flag.ack) !== 0
    if (ack ? to !== from : (to - from) % SETTING_BYTES !== 0) {
      throw new ConnectionError(ErrorCode.frameSizeError, 'SETTINGS')
    }
    this.#chargeControlFrame()
    if (ack) return
    const before = this.remoteSettings.initialWindowSize
    const tableBefore = this.remoteSettings.headerTableSize
    applySettings(this.remoteSettings, bytes, from, to, !this.#server)
    this.#settled = true
    this.#handshakeBy = NEVER
    const table = this.remoteSettings.headerTableSize
    if (table !== tableBefore) this.#sender.encoder.limitTable(table)
    this.#output()
    this.#sender.output.frameHeader(0, FrameType.settings, Flag.ack, 0)
    this.#shiftWindows(this.remoteSettings.initialWindowSize - before)
    this.#events.roomForStreams()
  }

  /** §6.9.2: the difference applies to all open streams; a window may become negative. */
  #shiftWindows(delta: number): void {
    if (delta === 0) return
    for (const stream of this.#streams.values()) {
      stream.sendWindow += delta
      if (stream.sendWindow > WINDOW_BYTES_MAX) {
        throw new ConnectionError(ErrorCode.flowControlError, 'window too large')
      }
    }
    if (delta > 0) for (const stream of this.#streams.values()) this.#sender.resume(stream)
  }

  /** §6.7 */
  #onPing(flags: number, streamId: number, bytes: Uint8Array, from: number, to: number): void {
    if (streamId !== 0) throw protocolError('PING on a stream')
    if (to - from !== PING_BYTES) throw new ConnectionError(ErrorCode.frameSizeError, 'PING')
    const high = readU32(bytes, from)
    const low = readU32(bytes, from + 4)
    if ((flags & Flag.ack) !== 0) {
      if (this.#shutdown === 'announced' && high === GOAWAY_PING && low === GOAWAY_PING) this.#finalGoAway()
      return
    }
    this.#ping(Flag.ack, high, low)
    this.#chargeControlFrame()
    if (this.#pingStrikes?.ping(this.#now, this.#streams.size > 0)) {
      throw new ConnectionError(ErrorCode.enhanceYourCalm, 'too_many_pings')
    }
  }

  /** §6.8 */
  #onGoAway(streamId: number, bytes: Uint8Array, from: number, to: number): void {
    if (streamId !== 0) throw protocolError('GOAWAY on a stream')
    if (to - from < 8) throw new ConnectionError(ErrorCode.frameSizeError, 'GOAWAY')
    this.#chargeControlFrame()
    this.#remoteGoAway = true
    const last = readU31(bytes, from)
    const code = readU32(bytes, from + 4)
    let text = ''
    for (let at = from + 8; at < to && text.length < GOAWAY_TEXT_BYTES_MAX; at++) {
      text += String.fromCharCode(bytes[at]!)
    }
    if (!this.#server) {
      for (const stream of [...this.#streams.values()]) {
        if (stream.id <= last) continue
        this.#forget(stream)
        stream.events.reset(ErrorCode.refusedStream, 'unprocessed')
      }
    }
    this.#events.goingAway(code, text)
    this.#output()
  }

  /** §6.9 */
  #onWindowUpdate(streamId: number, bytes: Uint8Array, from: number, to: number): void {
    if (to - from !== 4) throw new ConnectionError(ErrorCode.frameSizeError, 'WINDOW_UPDATE')
    const increment = readU31(bytes, from)
    const sender = this.#sender
    if (streamId === 0) {
      if (increment === 0) throw protocolError('WINDOW_UPDATE by 0')
      sender.window += increment
      if (sender.window > WINDOW_BYTES_MAX) {
        throw new ConnectionError(ErrorCode.flowControlError, 'window too large')
      }
      return sender.pump()
    }
    if (this.#isIdle(streamId)) throw protocolError('WINDOW_UPDATE on an idle stream')
    const stream = this.#streams.get(streamId)
    if (stream === undefined) return
    if (increment === 0) return this.#breakStream(stream, ErrorCode.protocolError)
    stream.sendWindow += increment
    if (stream.sendWindow > WINDOW_BYTES_MAX) {
      return this.#breakStream(stream, ErrorCode.flowControlError)
    }
    sender.resume(stream)
  }

  #newStream(id: number, events: Http2StreamEvents): Http2Stream {
    const window = this.remoteSettings.initialWindowSize
    const stream = new Http2Stream(id, this.#now, this.#limits.streamWindowBytes, window, events)
    this.#streams.set(id, stream)
    return stream
  }

  #remoteEnd(stream: Http2Stream): void {
    stream.remoteClosed = true
  }

  /** Our END_STREAM has left. */
  #localEnd(stream: Http2Stream): void {
    if (stream.remoteClosed) return this.#forget(stream)
    if (this.#server) this.#unfinished.push(stream)
  }

  #closeIfDone(stream: Http2Stream): void {
    if (!stream.pending) this.#forget(stream)
  }

  #forget(stream: Http2Stream): void {
    if (stream.closed) return
    stream.closed = true
    this.#streams.delete(stream.id)
    this.#sender.forget(stream)
    this.#events.roomForStreams()
    if ((this.#shutdown === 'final' || this.#remoteGoAway) && this.#streams.size === 0) this.#output()
  }

  /** §8.1: a server that answers without needing the rest of the request says so with NO_ERROR. */
  #resetUnfinished(): void {
    if (this.#unfinished.length === 0) return
    const unfinished = this.#unfinished
    this.#unfinished = []
    for (const stream of unfinished) this.reset(stream, ErrorCode.noError)
  }

  /** A stream error of the other end's making (§5.4.2), on a stream that nobody uses. */
  #streamError(streamId: number, code: ErrorCode): void {
    this.#writeReset(streamId, code)
    this.#chargeRapidReset()
  }

  /** The same, on a stream that is in use. */
  #breakStream(stream: Http2Stream, code: ErrorCode): void {
    this.#giveUp(stream, code)
    this.#chargeRapidReset()
  }

  #giveUp(stream: Http2Stream, code: ErrorCode): void {
    this.#forget(stream)
    this.#writeReset(stream.id, code)
    stream.events.reset(code, 'error')
  }

  #writeReset(streamId: number, code: ErrorCode): void {
    this.#resetStreams.add(streamId)
    this.#output()
    this.#sender.output.rstStream(streamId, code)
  }

  #ping(flags: number, high: number, low: number): void {
    this.#output()
    this.#sender.output.frameHeader(PING_BYTES, FrameType.ping, flags, 0)
    this.#sender.output.u32(high)
    this.#sender.output.u32(low)
  }

  #finalGoAway(): void {
    this.#shutdownBy = NEVER
    this.#shutdown = 'final'
    this.#acceptUpTo = this.#lastRemoteId
    this.#output()
    this.#sender.output.goAway(this.#lastRemoteId, ErrorCode.noError, 'graceful_stop')
  }

  #closeWhenIdle(): void {
    if (this.#streams.size === 0 && this.#sender.output.length === 0) this.#wantsClose = true
  }

  #resetStalled(): void {
    this.#stallCheckAt = NEVER
    for (const stream of [...this.#streams.values()]) {
      if (!stream.ended || !stream.pending) continue
      if (stream.stalledBytes === stream.queuedBytes) this.#giveUp(stream, ErrorCode.enhanceYourCalm)
      else stream.stalledBytes = stream.queuedBytes
    }
  }

  #fail(code: ErrorCode, text: string): void {
    this.#failed = this.#wantsClose = true
    this.#output()
    this.#sender.output.goAway(this.#lastRemoteId, code, text.slice(0, GOAWAY_TEXT_BYTES_MAX))
    this.#resetAll(code)
  }

  #resetAll(code: ErrorCode): void {
    for (const stream of [...this.#streams.values()]) {
      const unprocessed = !this.#server && stream.id > this.#flushedLocalId
      this.#forget(stream)
      stream.events.reset(code, unprocessed ? 'unprocessed' : 'lost')
    }
  }

  /** Nothing has ever been sent or received on it. */
  #isIdle(streamId: number): boolean {
    const remote = (streamId & 1) === (this.#server ? 1 : 0)
    return streamId > (remote ? this.#lastRemoteId : this.#lastLocalId) && streamId <= this.#acceptUpTo
  }

  #isIgnored(streamId: number): boolean {
    return !this.#server || this.#resetStreams.has(streamId) || streamId > this.#acceptUpTo
  }

  #chargeConnectionWindow(length: number): void {
    if (length > this.#receiveWindow) {
      throw new ConnectionError(ErrorCode.flowControlError, 'connection window exceeded')
    }
    this.#receiveWindow -= length
    this.#unannounced += length
    if (this.#unannounced * 2 < this.#limits.connectionWindowBytes) return
    this.#output()
    this.#sender.output.windowUpdate(0, this.#unannounced)
    this.#receiveWindow += this.#unannounced
    this.#unannounced = 0
  }

  #chargeControlFrame(): void {
    if (this.#controlFrames.take(this.#now)) return
    throw new ConnectionError(ErrorCode.enhanceYourCalm, 'too many control frames')
  }

  #chargeRapidReset(): void {
    if (this.#failed || this.#rapidResets.take(this.#now)) return
    throw new ConnectionError(ErrorCode.enhanceYourCalm, 'too many streams were reset')
  }

  /** Something is about to be written. */
  #output(): void {
    if (this.#flushWanted) return
    this.#flushWanted = true
    this.#events.wantsFlush()
  }
}

/** §6.1: the payload's first byte says how much padding ends it. */
function unpaddedEnd(bytes: Uint8Array, from: number, to: number): number {
  const end = to - (to > from ? bytes[from]! : 0)
  if (end < from + 1) throw protocolError('padding longer than the frame')
  return end
}

function protocolError(message: string): ConnectionError {
  return new ConnectionError(ErrorCode.protocolError, message)
}

const NO_EVENTS: Http2StreamEvents = { headers() {}, data() {}, drained() {}, reset() {} }

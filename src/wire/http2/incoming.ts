/**
 * What the other end's frames do (RFC 9113 §6): each is checked against the state of its stream and of the
 * connection, and what breaks a rule becomes a stream error here or is thrown as a `ConnectionError`.
 *
 * The hot path reads frames where they lie, finds the stream in a map and hands the payload on as a range.
 */
import { DecodeError } from '../../core/bytes.ts'
import type { HeaderField } from '../hpack/header-field.ts'
import { HpackDecoder } from '../hpack/hpack-decoder.ts'
import { type ConnectionState, GOAWAY_PING, PING_BYTES } from './connection-state.ts'
import { ConnectionError, ErrorCode } from './error-code.ts'
import { Flag, FrameType, readU31, readU32 } from './frame.ts'
import type { FrameSink } from './frame-reader.ts'
import { HeaderBlock } from './header-block.ts'
import { checkRequest, checkResponse, checkTrailers, type RequestHead } from './header-section.ts'
import { GOAWAY_TEXT_BYTES_MAX, WINDOW_BYTES_MAX } from './limits.ts'
import { applySettings, SETTING_BYTES } from './settings.ts'
import type { Http2Stream, Http2StreamEvents } from './stream.ts'

export class Incoming implements FrameSink {
  readonly #state: ConnectionState
  readonly #decoder = new HpackDecoder()
  readonly #block: HeaderBlock
  readonly #requestHead: RequestHead = { method: '', path: '', authority: '', contentLength: -1 }
  readonly #responseHead = { status: 0, contentLength: -1 }

  constructor(state: ConnectionState) {
    this.#state = state
    this.#block = new HeaderBlock(state.limits)
  }

  frame(type: number, flags: number, streamId: number, bytes: Uint8Array, from: number, to: number): boolean {
    if (
      this.#block.streamId !== 0 &&
      (type !== FrameType.continuation || streamId !== this.#block.streamId)
    ) {
      throw protocolError('header block interrupted')
    }
    if (!this.#state.settled && (type !== FrameType.settings || (flags & Flag.ack) !== 0)) {
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
        this.#state.guard.controlFrame(this.#state.now)
    }
    return !this.#state.failed
  }

  /** §6.1 */
  #onData(flags: number, streamId: number, bytes: Uint8Array, from: number, to: number): void {
    if (streamId === 0) throw protocolError('DATA on stream 0')
    const length = to - from
    this.#state.receivedData(length)
    if ((flags & Flag.padded) !== 0) {
      to = unpaddedEnd(bytes, from, to)
      from += 1
    }
    const end = (flags & Flag.endStream) !== 0
    if (length === 0 && !end) this.#state.guard.controlFrame(this.#state.now)
    const stream = this.#state.table.get(streamId)
    if (stream === undefined) {
      if (this.#state.table.isIdle(streamId)) throw protocolError('DATA on an idle stream')
      if (!this.#state.table.isIgnored(streamId)) this.#state.refuse(streamId, ErrorCode.streamClosed)
      return
    }
    if (stream.remoteClosed) return this.#state.breakStream(stream, ErrorCode.streamClosed)
    if (!this.#state.server && !stream.answered)
      return this.#state.breakStream(stream, ErrorCode.protocolError)
    if (length > stream.receiveWindow) return this.#state.breakStream(stream, ErrorCode.flowControlError)
    stream.receiveWindow -= length
    const padding = length - (to - from)
    if (padding > 0) this.#state.consumed(stream, padding)
    if (stream.expectedBytes >= 0 && !this.#contentFits(stream, to - from, end)) return
    if (end) stream.remoteClosed = true
    stream.events.data(bytes, from, to, end)
    if (end) this.#state.closeIfDone(stream)
  }

  /** §8.1.1: content-length must be what the data adds up to. */
  #contentFits(stream: Http2Stream, length: number, end: boolean): boolean {
    const left = stream.expectedBytes - length
    if (left < 0 || (end && left !== 0)) {
      this.#state.breakStream(stream, ErrorCode.protocolError)
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
      size = this.#decoder.decode(bytes, from, to, fields, this.#state.limits.headerListBytesMax)
    } catch (error) {
      if (error instanceof DecodeError) throw new ConnectionError(ErrorCode.compressionError, error.message)
      throw error
    }
    const tooLarge = size > this.#state.limits.headerListBytesMax
    const stream = this.#state.table.get(streamId)
    if (stream !== undefined) return this.#onStreamHeaders(stream, end, fields, tooLarge)
    if (this.#state.server) return this.#onRequest(streamId, end, fields, tooLarge)
    if (this.#state.table.isIdle(streamId)) throw protocolError('HEADERS on an idle stream')
  }

  #onRequest(streamId: number, end: boolean, fields: readonly HeaderField[], tooLarge: boolean): void {
    if ((streamId & 1) === 0) throw protocolError('even stream id from a client')
    if (streamId <= this.#state.table.lastRemoteId) {
      if (this.#state.table.isIgnored(streamId)) return
      throw new ConnectionError(ErrorCode.streamClosed, 'HEADERS on a closed stream')
    }
    if (streamId > this.#state.table.acceptUpTo) return
    this.#state.table.lastRemoteId = streamId
    if (this.#state.table.size >= this.#state.limits.concurrentStreamsMax) {
      return this.#state.refuse(streamId, ErrorCode.refusedStream)
    }
    if (tooLarge) return this.#state.refuse(streamId, ErrorCode.enhanceYourCalm)
    const head = this.#requestHead
    if (checkRequest(fields, head) !== null || (end && head.contentLength > 0)) {
      return this.#state.refuse(streamId, ErrorCode.protocolError)
    }
    const stream = this.#state.openStream(streamId, NO_EVENTS)
    stream.expectedBytes = head.contentLength
    if (end) stream.remoteClosed = true
    this.#state.events.request(stream, head, fields, end)
  }

  /** A response's header section, or the trailers of either side. */
  #onStreamHeaders(
    stream: Http2Stream,
    end: boolean,
    fields: readonly HeaderField[],
    tooLarge: boolean,
  ): void {
    if (stream.remoteClosed) return this.#state.breakStream(stream, ErrorCode.streamClosed)
    if (tooLarge) return this.#state.breakStream(stream, ErrorCode.enhanceYourCalm)
    if (this.#state.server || stream.answered) {
      const missing = stream.expectedBytes > 0
      if (!end || missing || checkTrailers(fields) !== null) {
        return this.#state.breakStream(stream, ErrorCode.protocolError)
      }
    } else {
      const head = this.#responseHead
      if (checkResponse(fields, head) !== null)
        return this.#state.breakStream(stream, ErrorCode.protocolError)
      if (head.status < 200) {
        // §8.1: interim responses come before the one that counts.
        if (end) this.#state.breakStream(stream, ErrorCode.protocolError)
        return
      }
      stream.answered = true
      stream.expectedBytes = head.contentLength
    }
    if (end) stream.remoteClosed = true
    stream.events.headers(fields, end)
    if (end) this.#state.closeIfDone(stream)
  }

  /** §6.3, §5.3.2: priorities are taken and ignored. */
  #onPriority(streamId: number, length: number): void {
    if (streamId === 0) throw protocolError('PRIORITY on stream 0')
    if (length !== 5) throw new ConnectionError(ErrorCode.frameSizeError, 'PRIORITY')
    this.#state.guard.controlFrame(this.#state.now)
  }

  /** §6.4 */
  #onRstStream(streamId: number, bytes: Uint8Array, from: number, to: number): void {
    if (streamId === 0) throw protocolError('RST_STREAM on stream 0')
    if (to - from !== 4) throw new ConnectionError(ErrorCode.frameSizeError, 'RST_STREAM')
    if (this.#state.table.isIdle(streamId)) throw protocolError('RST_STREAM on an idle stream')
    const stream = this.#state.table.get(streamId)
    if (stream === undefined) return this.#state.guard.controlFrame(this.#state.now)
    this.#state.forget(stream)
    stream.events.reset(readU32(bytes, from), 'peer')
    this.#state.countReset(stream)
  }

  /** §6.5 */
  #onSettings(flags: number, streamId: number, bytes: Uint8Array, from: number, to: number): void {
    if (streamId !== 0) throw protocolError('SETTINGS on a stream')
    const ack = (flags & Flag.ack) !== 0
    if (ack ? to !== from : (to - from) % SETTING_BYTES !== 0) {
      throw new ConnectionError(ErrorCode.frameSizeError, 'SETTINGS')
    }
    this.#state.guard.controlFrame(this.#state.now)
    if (ack) {
      this.#state.obeyed = true
      return
    }
    const remote = this.#state.remoteSettings
    const before = remote.initialWindowSize
    applySettings(remote, bytes, from, to, !this.#state.server)
    this.#state.settled = true
    const { encoder } = this.#state.sender
    encoder.limitTable(remote.leastHeaderTableSize)
    encoder.limitTable(remote.headerTableSize)
    this.#state.output()
    this.#state.sender.output.frameHeader(0, FrameType.settings, Flag.ack, 0)
    this.#shiftWindows(remote.initialWindowSize - before)
    this.#state.events.roomForStreams()
  }

  /** §6.9.2: the difference applies to all open streams; a window may become negative. */
  #shiftWindows(delta: number): void {
    if (delta === 0) return
    for (const stream of this.#state.table.values()) {
      stream.sendWindow += delta
      if (stream.sendWindow > WINDOW_BYTES_MAX) {
        throw new ConnectionError(ErrorCode.flowControlError, 'window too large')
      }
    }
    if (delta > 0) for (const stream of this.#state.table.values()) this.#state.sender.resume(stream)
  }

  /** §6.7 */
  #onPing(flags: number, streamId: number, bytes: Uint8Array, from: number, to: number): void {
    if (streamId !== 0) throw protocolError('PING on a stream')
    if (to - from !== PING_BYTES) throw new ConnectionError(ErrorCode.frameSizeError, 'PING')
    const high = readU32(bytes, from)
    const low = readU32(bytes, from + 4)
    if ((flags & Flag.ack) !== 0) {
      if (this.#state.shutdown === 'announced' && high === GOAWAY_PING && low === GOAWAY_PING)
        this.#state.finishShutdown()
      return
    }
    this.#state.ping(Flag.ack, high, low)
    this.#state.guard.controlFrame(this.#state.now)
    this.#state.guard.ping(this.#state.now, this.#state.table.size > 0)
  }

  /** §6.8 */
  #onGoAway(streamId: number, bytes: Uint8Array, from: number, to: number): void {
    if (streamId !== 0) throw protocolError('GOAWAY on a stream')
    if (to - from < 8) throw new ConnectionError(ErrorCode.frameSizeError, 'GOAWAY')
    this.#state.guard.controlFrame(this.#state.now)
    this.#state.goingAway = true
    const last = readU31(bytes, from)
    const code = readU32(bytes, from + 4)
    let text = ''
    for (let at = from + 8; at < to && text.length < GOAWAY_TEXT_BYTES_MAX; at++) {
      text += String.fromCharCode(bytes[at]!)
    }
    if (!this.#state.server) {
      for (const stream of this.#state.table.snapshot()) {
        if (stream.id <= last) continue
        this.#state.forget(stream)
        stream.events.reset(ErrorCode.refusedStream, 'unprocessed')
      }
    }
    this.#state.events.goingAway(code, text)
    this.#state.output()
  }

  /** §6.9 */
  #onWindowUpdate(streamId: number, bytes: Uint8Array, from: number, to: number): void {
    if (to - from !== 4) throw new ConnectionError(ErrorCode.frameSizeError, 'WINDOW_UPDATE')
    const increment = readU31(bytes, from)
    const sender = this.#state.sender
    if (streamId === 0) {
      if (increment === 0) throw protocolError('WINDOW_UPDATE by 0')
      sender.window += increment
      if (sender.window > WINDOW_BYTES_MAX) {
        throw new ConnectionError(ErrorCode.flowControlError, 'window too large')
      }
      return sender.pump()
    }
    if (this.#state.table.isIdle(streamId)) throw protocolError('WINDOW_UPDATE on an idle stream')
    const stream = this.#state.table.get(streamId)
    if (stream === undefined) return
    if (increment === 0) return this.#state.breakStream(stream, ErrorCode.protocolError)
    stream.sendWindow += increment
    if (stream.sendWindow > WINDOW_BYTES_MAX) {
      return this.#state.breakStream(stream, ErrorCode.flowControlError)
    }
    sender.resume(stream)
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

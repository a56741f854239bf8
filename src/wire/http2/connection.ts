/**
 * One HTTP/2 connection, either end (RFC 9113): bytes in, events out; requests for frames in, bytes out. It owns
 * no socket and no clock. `receive` never throws because of bytes: what breaks the rules ends a stream
 * (RST_STREAM) or the connection (GOAWAY, then `wantsClose`).
 */
import { addMs, type Instant, NEVER } from '../../core/time.ts'
import type { ByteSink, ConnectionEngine } from '../engine.ts'
import type { HeaderField } from '../hpack/header-field.ts'
import { ConnectionState, type Http2Events } from './connection-state.ts'
import { ConnectionError, ErrorCode } from './error-code.ts'
import { Flag, FrameType, PREFACE } from './frame.ts'
import { FrameReader } from './frame-reader.ts'
import { Incoming } from './incoming.ts'
import { Keepalive, type KeepaliveOptions } from './keepalive.ts'
import {
  GOAWAY_TEXT_BYTES_MAX,
  HTTP2_LIMITS,
  type Http2Limits,
  INITIAL_WINDOW_BYTES,
  STREAM_ID_MAX,
} from './limits.ts'
import type { PingPolicy } from './ping-strikes.ts'
import { SETTING_BYTES, SettingId } from './settings.ts'
import type { Http2Stream, Http2StreamEvents } from './stream.ts'

export type { ByteSink } from '../engine.ts'
export type { Http2Events } from './connection-state.ts'

export interface Http2Options {
  readonly role: 'client' | 'server'
  readonly limits?: Partial<Http2Limits>
  readonly keepalive?: KeepaliveOptions
  /** A server's. Without one, pings are only bounded like other control frames. */
  readonly pingPolicy?: PingPolicy
}

export class Http2Connection implements ConnectionEngine {
  readonly #state: ConnectionState
  readonly #reader: FrameReader
  readonly #keepalive: Keepalive | undefined
  /** How much of the client's preface has come. */
  #prefaceAt = 0
  #handshakeBy: Instant
  #shutdownBy: Instant = NEVER
  #stallCheckAt: Instant = NEVER
  /** The highest stream of ours whose HEADERS may have reached the other end. */
  #flushedLocalId = 0

  constructor(now: Instant, options: Http2Options, events: Http2Events) {
    const server = options.role === 'server'
    const limits: Http2Limits = { ...HTTP2_LIMITS, ...options.limits }
    this.#state = new ConnectionState(now, server, limits, options.pingPolicy, events)
    this.#reader = new FrameReader(new Incoming(this.#state), limits.frameBytesMax)
    this.#keepalive = options.keepalive && new Keepalive(options.keepalive, now)
    this.#handshakeBy = addMs(now, limits.handshakeMs)
    if (!server) this.#prefaceAt = PREFACE.length
  }

  /** Says hello. Comes first; apart from the constructor so that the owner is complete when it is told. */
  start(): void {
    const { limits, server, sender, receiveWindow } = this.#state
    const { output } = sender
    this.#state.output()
    if (!server) output.copy(PREFACE, 0, PREFACE.length)
    const settings: [number, number][] = [
      [SettingId.initialWindowSize, limits.streamWindowBytes],
      [SettingId.maxFrameSize, limits.frameBytesMax],
      [SettingId.maxHeaderListSize, limits.headerListBytesMax],
      server ? [SettingId.maxConcurrentStreams, limits.concurrentStreamsMax] : [SettingId.enablePush, 0],
    ]
    output.frameHeader(settings.length * SETTING_BYTES, FrameType.settings, Flag.none, 0)
    for (const [id, value] of settings) {
      output.u16(id)
      output.u32(value)
    }
    const more = receiveWindow - INITIAL_WINDOW_BYTES
    if (more > 0) output.windowUpdate(0, more)
  }

  get wantsClose(): boolean {
    return this.#state.wantsClose
  }

  /** Streams that are open. */
  get streams(): number {
    return this.#state.table.size
  }

  /** Whether a client may open a stream now. */
  get mayOpen(): boolean {
    const { table, remoteSettings } = this.#state
    return !this.draining && table.size < remoteSettings.maxConcurrentStreams
  }

  /** No stream will ever be opened here again. */
  get draining(): boolean {
    const { failed, wantsClose, goingAway, table } = this.#state
    return failed || wantsClose || goingAway || table.lastLocalId + 2 > STREAM_ID_MAX
  }

  receive(now: Instant, bytes: Uint8Array): void {
    const state = this.#state
    state.now = now
    if (state.failed) return
    this.#keepalive?.heard(now)
    try {
      const at = this.#preface(bytes)
      if (this.#prefaceAt === PREFACE.length) this.#reader.receive(bytes, at)
      // Data waits in its stream; what gathers here are answers that somebody asks for and does not take.
      if (state.sender.blocked && state.sender.output.length > state.limits.blockedOutputBytesMax) {
        throw new ConnectionError(ErrorCode.enhanceYourCalm, 'answers are not taken')
      }
    } catch (error) {
      if (error instanceof ConnectionError) this.#fail(error.code, error.message)
      else throw error
    }
  }

  deadline(): Instant {
    const state = this.#state
    if (state.failed) return NEVER
    if (state.sender.queuedBytes > 0 && this.#stallCheckAt === NEVER) {
      this.#stallCheckAt = addMs(state.now, state.limits.stalledAnswerMs)
    }
    let at = this.#watching ? this.#keepalive!.deadline() : NEVER
    if (!state.settled && this.#handshakeBy < at) at = this.#handshakeBy
    if (state.shutdown === 'announced' && this.#shutdownBy < at) at = this.#shutdownBy
    return this.#stallCheckAt < at ? this.#stallCheckAt : at
  }

  onDeadline(now: Instant): void {
    const state = this.#state
    state.now = now
    if (state.failed) return
    if (!state.settled && now >= this.#handshakeBy) {
      return this.#fail(ErrorCode.settingsTimeout, 'no settings in time')
    }
    if (now >= this.#shutdownBy) state.finishShutdown()
    if (now >= this.#stallCheckAt) this.#resetStalled()
    if (!this.#watching) return
    const due = this.#keepalive!.onDeadline(now)
    if (due === 'dead') this.#fail(ErrorCode.noError, 'keepalive timeout')
    else if (due === 'ping') state.ping(Flag.none, 0, 0)
  }

  flush(now: Instant, sink: ByteSink): void {
    const state = this.#state
    const { sender } = state
    state.now = now
    // What is written from here on leaves below, or finds the transport blocked.
    state.flushWanted = true
    state.resetUnfinished()
    if (!sender.blocked || state.wantsClose) this.#drainTo(sink)
    state.flushWanted = false
    const leaving = state.goingAway || state.shutdown === 'final'
    if (leaving && state.table.size === 0 && sender.output.length === 0) state.wantsClose = true
  }

  drained(now: Instant): void {
    const { sender } = this.#state
    this.#state.now = now
    sender.blocked = false
    sender.pump()
    if (sender.output.length > 0) this.#state.output()
  }

  /** A server finds out first what is on its way to it (§6.8); a client just opens nothing more. */
  shutdown(now: Instant): void {
    const state = this.#state
    state.now = now
    if (state.shutdown !== 'none' || state.failed) return
    if (state.server) {
      this.#shutdownBy = addMs(now, state.limits.goAwayRoundTripMs)
      state.announceShutdown()
    } else {
      state.shutdown = 'final'
      state.goingAway = true
      state.output()
      state.sender.output.goAway(0, ErrorCode.noError, '')
    }
  }

  /** Ends the connection at once, for a reason of the owner's. */
  abort(code: ErrorCode, text: string): void {
    if (!this.#state.failed) this.#fail(code, text)
  }

  lost(now: Instant): void {
    const state = this.#state
    state.now = now
    if (state.failed) return
    state.failed = state.wantsClose = true
    this.#resetAll(ErrorCode.cancel)
  }

  /** A client's: a new stream with its request. Only while `mayOpen`. */
  open(
    now: Instant,
    fields: readonly HeaderField[],
    endStream: boolean,
    events: Http2StreamEvents,
  ): Http2Stream {
    const { table } = this.#state
    this.#state.now = now
    if (table.size === 0) this.#keepalive?.began(now)
    table.lastLocalId += 2
    const stream = this.#state.openStream(table.lastLocalId, events)
    this.sendHeaders(stream, fields, endStream)
    return stream
  }

  sendHeaders(stream: Http2Stream, fields: readonly HeaderField[], endStream: boolean): void {
    if (!stream.closed && !stream.ended) this.#state.sender.headers(stream, fields, endStream)
  }

  /**
   * Sends `prefix` and `bytes`, which are copied. False when some of it has to wait: `drained` follows. A
   * stream in which too much waits already is reset.
   */
  sendData(stream: Http2Stream, prefix: Uint8Array, bytes: Uint8Array, endStream: boolean): boolean {
    if (stream.closed || stream.ended) return false
    const { sender } = this.#state
    if (stream.pending && !sender.mayQueue(stream)) {
      this.#state.giveUp(stream, ErrorCode.enhanceYourCalm)
      return false
    }
    return sender.data(stream, prefix, bytes, endStream)
  }

  /** Tells the other end that `count` bytes of this stream were read. */
  consumed(stream: Http2Stream, count: number): void {
    this.#state.consumed(stream, count)
  }

  /** Gives the stream up, without an event. */
  reset(stream: Http2Stream, code: ErrorCode): void {
    if (stream.closed) return
    this.#state.forget(stream)
    this.#state.writeReset(stream.id, code)
  }

  /** A client without calls does not ping: servers take that for abuse (gRPC proposal A8). */
  get #watching(): boolean {
    const { server, table } = this.#state
    return this.#keepalive !== undefined && (server || table.size > 0)
  }

  /** §3.4; returns where the frames begin. */
  #preface(bytes: Uint8Array): number {
    let at = 0
    while (at < bytes.length && this.#prefaceAt < PREFACE.length) {
      if (bytes[at] !== PREFACE[this.#prefaceAt]) {
        throw new ConnectionError(ErrorCode.protocolError, 'invalid preface')
      }
      at += 1
      this.#prefaceAt += 1
    }
    return at
  }

  #drainTo(sink: ByteSink): void {
    const { sender, table } = this.#state
    do {
      this.#flushedLocalId = table.lastLocalId
      sender.output.drain(bytes => {
        if (!sink.write(bytes)) sender.blocked = true
      })
      sender.pump()
    } while (sender.output.length > 0 && !sender.blocked)
  }

  /** Answers that are complete and make no way: the other end keeps its window shut, or is not there. */
  #resetStalled(): void {
    this.#stallCheckAt = NEVER
    for (const stream of this.#state.table.snapshot()) {
      if (!stream.ended || !stream.pending) continue
      if (stream.stalledBytes === stream.queuedBytes) this.#state.giveUp(stream, ErrorCode.enhanceYourCalm)
      else stream.stalledBytes = stream.queuedBytes
    }
  }

  #fail(code: ErrorCode, text: string): void {
    const state = this.#state
    state.failed = state.wantsClose = true
    state.output()
    state.sender.output.goAway(state.table.lastRemoteId, code, text.slice(0, GOAWAY_TEXT_BYTES_MAX))
    this.#resetAll(code)
  }

  #resetAll(code: ErrorCode): void {
    for (const stream of this.#state.table.snapshot()) {
      const unprocessed = !this.#state.server && stream.id > this.#flushedLocalId
      this.#state.forget(stream)
      stream.events.reset(code, unprocessed ? 'unprocessed' : 'lost')
    }
  }
}

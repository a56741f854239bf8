/**
 * One call on the client's side. It may wait for a stream; it then sends messages, reads messages, and ends
 * exactly once.
 */
import type { Instant } from '../../core/time.ts'
import type { HeaderField } from '../hpack/header-field.ts'
import type { Http2Connection } from '../http2/connection.ts'
import { ErrorCode } from '../http2/error-code.ts'
import type { Http2Stream, Http2StreamEvents, ResetCause } from '../http2/stream.ts'
import { fieldValue } from './fields.ts'
import { Inbox, MESSAGE_PREFIX_BYTES } from './inbox.ts'
import { type CallEnd, endFromReset, endFromTrailers, refused, unknown } from './outcome.ts'
import { GrpcStatus } from './status.ts'

export interface ClientCallHandlers {
  /** `message` is a view that is only valid during the call. */
  received(message: Uint8Array): void
  /** What waited after `send` returned false has left. */
  drained?(): void
  /** Comes exactly once, and nothing after it. */
  ended(end: CallEnd): void
}

/** What a call asks of its connection. */
export interface ClientCallHost {
  readonly http2: Http2Connection
  readonly messageBytesMax: number
  ended(call: ClientCall): void
}

const prefix = new Uint8Array(MESSAGE_PREFIX_BYTES)

export class ClientCall implements Http2StreamEvents {
  readonly deadline: Instant
  readonly #host: ClientCallHost
  readonly #handlers: ClientCallHandlers
  #stream: Http2Stream | null = null
  /** Messages sent before there was a stream. */
  #early: Uint8Array[] = []
  #halfClosed = false
  #ended = false
  #httpStatus = 0
  #encoding: string | undefined
  #inbox: Inbox | null = null

  constructor(host: ClientCallHost, deadline: Instant, handlers: ClientCallHandlers) {
    this.#host = host
    this.deadline = deadline
    this.#handlers = handlers
  }

  get ended(): boolean {
    return this.#ended
  }

  /** For the connection: there is room for a stream. */
  open(now: Instant, fields: readonly HeaderField[]): void {
    this.#stream = this.#host.http2.open(now, fields, false, this)
    const early = this.#early
    this.#early = []
    for (const [i, message] of early.entries()) {
      this.#write(this.#stream, message, this.#halfClosed && i === early.length - 1)
    }
    if (this.#halfClosed && early.length === 0) this.#writeEnd(this.#stream)
    else if (early.length > 0 && !this.#halfClosed) this.#handlers.drained?.()
  }

  /** Sends one message, which is copied; the last one with `last`. False when it has to wait. */
  send(message: Uint8Array, last = false): boolean {
    if (this.#ended || this.#halfClosed) return false
    this.#halfClosed = last
    if (this.#stream !== null) return this.#write(this.#stream, message, last)
    this.#early.push(message.slice())
    return false
  }

  /** Will send no more. */
  halfClose(): void {
    if (this.#ended || this.#halfClosed) return
    this.#halfClosed = true
    if (this.#stream !== null) this.#writeEnd(this.#stream)
  }

  /** Gives the call up; it ends with `cancelled`, and its outcome is unknown if it had a stream. */
  cancel(): void {
    this.giveUp(GrpcStatus.cancelled, 'the call was cancelled')
  }

  /** For the connection: the deadline has passed, or the queue is given up. */
  giveUp(status: GrpcStatus, message: string): void {
    if (this.#ended) return
    if (this.#stream === null) return this.#end({ ...refused(message), status })
    this.#host.http2.reset(this.#stream, ErrorCode.cancel)
    this.#end(unknown(status, message))
  }

  headers(fields: readonly HeaderField[], endStream: boolean): void {
    if (this.#ended) return
    if (this.#httpStatus === 0) {
      this.#httpStatus = Number(fieldValue(fields, ':status'))
      this.#encoding = fieldValue(fields, 'grpc-encoding')
    }
    if (!endStream) return
    const cut = this.#inbox !== null && this.#inbox.length > 0
    this.#end(
      cut ? unknown(GrpcStatus.internal, 'the response ended within a message') : this.#answer(fields),
    )
  }

  data(bytes: Uint8Array, from: number, to: number, endStream: boolean): void {
    if (this.#ended || this.#stream === null) return
    if (this.#httpStatus === 200) this.#read(bytes, from, to)
    if (this.#ended) return
    this.#host.http2.consumed(this.#stream, to - from)
    if (endStream) this.#end(endFromTrailers([], this.#httpStatus))
  }

  drained(): void {
    if (!this.#ended) this.#handlers.drained?.()
  }

  reset(code: ErrorCode, cause: ResetCause): void {
    if (!this.#ended) this.#end(endFromReset(code, cause))
  }

  #answer(fields: readonly HeaderField[]): CallEnd {
    return endFromTrailers(fields, this.#httpStatus)
  }

  #read(bytes: Uint8Array, from: number, to: number): void {
    this.#inbox ??= new Inbox(this.#host.messageBytesMax, this.#encoding)
    const inbox = this.#inbox
    inbox.feed(bytes, from, to)
    while (!this.#ended) {
      const message = inbox.next()
      if (message === null) break
      this.#handlers.received(message)
    }
    inbox.keep()
    if (inbox.failure !== null) this.giveUp(inbox.failure.status, inbox.failure.message)
  }

  #write(stream: Http2Stream, message: Uint8Array, last: boolean): boolean {
    const length = message.length
    prefix[1] = length >>> 24
    prefix[2] = length >>> 16
    prefix[3] = length >>> 8
    prefix[4] = length
    return this.#host.http2.sendData(stream, prefix, message, last)
  }

  #writeEnd(stream: Http2Stream): void {
    this.#host.http2.sendData(stream, NONE, NONE, true)
  }

  #end(end: CallEnd): void {
    this.#ended = true
    this.#early = []
    // The server may answer before it has heard everything: then nobody needs the rest.
    const stream = this.#stream
    if (stream !== null && (!stream.ended || stream.pending)) this.#host.http2.reset(stream, ErrorCode.cancel)
    this.#host.ended(this)
    this.#handlers.ended(end)
  }
}

const NONE = new Uint8Array(0)

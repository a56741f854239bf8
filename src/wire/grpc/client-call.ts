/**
 * One call on the client's side. It may wait for a stream; it then sends messages, reads messages, and ends
 * exactly once. Whoever reads may pause: then no more comes than the stream's window lets through, and the end waits
 * behind the messages that came before it.
 */
import type { Instant } from '../../core/time.ts'
import type { HeaderField } from '../hpack/header-field.ts'
import type { Http2Connection } from '../http2/connection.ts'
import { ErrorCode } from '../http2/error-code.ts'
import type { Http2Stream, Http2StreamEvents, ResetCause } from '../http2/stream.ts'
import { fieldValue } from './fields.ts'
import { Inbox, MESSAGE_PREFIX_BYTES } from './inbox.ts'
import { EARLY_BYTES_MAX } from './limits.ts'
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
  #earlyBytes = 0
  #halfClosed = false
  #ended = false
  #paused = false
  #delivering = false
  /** Received, and not yet told to the stream as read. */
  #unread = 0
  /** What ended the response; it counts once all messages before it are delivered. */
  #last: readonly HeaderField[] | null = null
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
    let sent = true
    for (const [i, message] of early.entries()) {
      sent = this.#write(this.#stream, message, this.#halfClosed && i === early.length - 1)
    }
    if (this.#halfClosed && early.length === 0) this.#writeEnd(this.#stream)
    else if (early.length > 0 && !this.#halfClosed && sent) this.#handlers.drained?.()
  }

  /** Sends one message, which is copied; the last one with `last`. False when it has to wait. */
  send(message: Uint8Array, last = false): boolean {
    if (this.#ended || this.#halfClosed) return false
    this.#halfClosed = last
    if (this.#stream !== null) return this.#write(this.#stream, message, last)
    this.#early.push(message.slice())
    this.#earlyBytes += message.length
    // One message of any size may always wait, as in a stream.
    if (this.#earlyBytes > EARLY_BYTES_MAX && this.#early.length > 1) {
      this.giveUp(GrpcStatus.resourceExhausted, 'too much waits for a stream')
    }
    return false
  }

  /** No message until `resume`, from the next one on; what has come of it waits, and no more than a window. */
  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    if (!this.#delivering && !this.#ended) this.#goOn()
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
    this.#last = fields
    this.#goOn()
  }

  data(bytes: Uint8Array, from: number, to: number, endStream: boolean): void {
    if (this.#ended) return
    this.#unread += to - from
    if (this.#httpStatus === 200) {
      this.#inbox ??= new Inbox(this.#host.messageBytesMax, this.#encoding)
      this.#inbox.feed(bytes, from, to)
    }
    if (endStream) this.#last = NO_FIELDS
    this.#goOn()
  }

  drained(): void {
    if (!this.#ended) this.#handlers.drained?.()
  }

  /** A response that is complete stays so, though the reader is not there yet. */
  reset(code: ErrorCode, cause: ResetCause): void {
    if (!this.#ended && this.#last === null) this.#end(endFromReset(code, cause))
  }

  /** Delivers what is there, as far as the reader takes it, and then the end. */
  #goOn(): void {
    if (this.#inbox !== null) this.#deliver(this.#inbox)
    if (this.#ended || this.#paused) return
    if (this.#last !== null) return this.#endWith(this.#last)
    // Window is given back for what was read and for parts of messages, not for what waits for `resume`.
    if (this.#unread > 0) this.#host.http2.consumed(this.#stream!, this.#unread)
    this.#unread = 0
  }

  #deliver(inbox: Inbox): void {
    this.#delivering = true
    while (!this.#ended && !this.#paused) {
      const message = inbox.next()
      if (message === null) break
      this.#handlers.received(message)
    }
    this.#delivering = false
    inbox.keep()
    if (inbox.failure !== null) this.giveUp(inbox.failure.status, inbox.failure.message)
  }

  #endWith(fields: readonly HeaderField[]): void {
    const cut = this.#inbox !== null && this.#inbox.length > 0
    this.#end(
      cut
        ? unknown(GrpcStatus.internal, 'the response ended within a message')
        : endFromTrailers(fields, this.#httpStatus),
    )
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
    this.#inbox = null
    // The server may answer before it has heard everything: then nobody needs the rest.
    const stream = this.#stream
    if (stream !== null && (!stream.ended || stream.pending)) this.#host.http2.reset(stream, ErrorCode.cancel)
    this.#host.ended(this)
    this.#handlers.ended(end)
  }
}

const NONE = new Uint8Array(0)
const NO_FIELDS: readonly HeaderField[] = []

/**
 * One call on the server's side: a stream of HTTP/2 that carries gRPC. It reads messages out of the request,
 * gives them to the method, and writes what the method answers.
 */
import type { Instant } from '../../core/time.ts'
import type { Traffic } from '../../core/traffic.ts'
import type { HeaderField } from '../hpack/header-field.ts'
import type { Http2Connection } from '../http2/connection.ts'
import { readU32 } from '../http2/frame.ts'
import type { Http2Stream, Http2StreamEvents } from '../http2/stream.ts'
import type { GrpcCall, StreamHandlers, UnaryMethod } from './call.ts'
import { fieldValue, RESPONSE_HEAD, statusTrailers } from './fields.ts'
import { Inbox, MESSAGE_PREFIX_BYTES } from './inbox.ts'
import { GrpcStatus } from './status.ts'

/** What a call asks of its connection. */
export interface CallHost {
  readonly http2: Http2Connection
  readonly messageBytesMax: number
  readonly certificateName: string | undefined
  readonly traffic: Traffic
  readonly remote: string
  /** Counts bytes that a call holds; false when the connection holds too many. */
  hold(bytes: number): boolean
  /** The call is over. */
  ended(call: ServerCall): void
}

/** A message's prefix: written, copied into a frame, and written again. */
const prefix = new Uint8Array(MESSAGE_PREFIX_BYTES)

export class ServerCall implements GrpcCall, Http2StreamEvents {
  readonly path: string
  readonly deadline: Instant
  onCancelled: (() => void) | null = null
  readonly #host: CallHost
  readonly #stream: Http2Stream
  readonly #fields: readonly HeaderField[]
  /** One of the two, until the request is complete; neither while there is none. */
  #unary: UnaryMethod | null = null
  #handlers: StreamHandlers | null = null
  #inbox: Inbox | null = null
  #held = 0
  /** Received, and not yet told to the stream as read. */
  #unread = 0
  #ended = false
  #headSent = false
  /** `send` returned false: the handler waits for `drained`, and gets nothing until then. */
  #stalled = false
  #remoteEnded = false
  #halfClosedTold = false

  constructor(
    host: CallHost,
    stream: Http2Stream,
    path: string,
    fields: readonly HeaderField[],
    deadline: Instant,
  ) {
    this.#host = host
    this.#stream = stream
    stream.events = this
    this.#fields = fields
    this.path = path
    this.deadline = deadline
  }

  get ended(): boolean {
    return this.#ended
  }

  get certificateName(): string | undefined {
    return this.#host.certificateName
  }

  get remote(): string {
    return this.#host.remote
  }

  get connection(): object {
    return this.#host
  }

  metadata(name: string): string | undefined {
    return fieldValue(this.#fields, name)
  }

  /** Whose request this is. */
  serveUnary(method: UnaryMethod): void {
    this.#unary = method
  }

  serveStream(handlers: StreamHandlers): void {
    this.#handlers = handlers
  }

  send(message: Uint8Array): boolean {
    if (this.#ended) return false
    const { http2, traffic } = this.#host
    traffic.sentBytes += message.length
    if (!this.#headSent) {
      this.#headSent = true
      http2.sendHeaders(this.#stream, RESPONSE_HEAD, false)
    }
    const length = message.length
    prefix[1] = length >>> 24
    prefix[2] = length >>> 16
    prefix[3] = length >>> 8
    prefix[4] = length
    const sent = http2.sendData(this.#stream, prefix, message, false)
    if (!sent) this.#stalled = true
    return sent
  }

  finish(status: GrpcStatus, message = ''): void {
    if (this.#ended) return
    this.#end()
    const trailers = statusTrailers(status, message)
    const section = this.#headSent ? trailers : [...RESPONSE_HEAD, ...trailers]
    this.#host.http2.sendHeaders(this.#stream, section, true)
  }

  /** The deadline has passed, or the server stops: the handler learns that nobody waits. */
  cancel(status: GrpcStatus, message: string): void {
    if (this.#ended) return
    this.finish(status, message)
    this.#tellCancelled()
  }

  /** Trailers of a request: only their END_STREAM means anything. */
  headers(): void {
    this.#remoteEnd()
  }

  data(bytes: Uint8Array, from: number, to: number, endStream: boolean): void {
    this.#unread += to - from
    if (this.#ended) this.#unread = 0
    else if (this.#isOneMessage(bytes, from, to))
      this.#receive(bytes.subarray(from + MESSAGE_PREFIX_BYTES, to))
    else if (to > from) this.#gather(bytes, from, to)
    if (endStream) this.#remoteEnd()
    this.#tellRead()
  }

  drained(): void {
    this.#stalled = false
    if (this.#ended || this.#handlers === null) return
    this.#handlers.drained()
    if (this.#inbox !== null) this.#deliver(this.#inbox)
    if (this.#remoteEnded) this.#remoteEnd()
    this.#tellRead()
  }

  reset(): void {
    if (this.#ended) return
    this.#end()
    this.#tellCancelled()
  }

  /** The common case: exactly one message, in one frame, and nothing before it. */
  #isOneMessage(bytes: Uint8Array, from: number, to: number): boolean {
    const length = to - from - MESSAGE_PREFIX_BYTES
    return (
      length >= 0 &&
      bytes[from] === 0 &&
      readU32(bytes, from + 1) === length &&
      length <= this.#host.messageBytesMax &&
      !this.#stalled &&
      (this.#inbox === null || this.#inbox.length === 0)
    )
  }

  #receive(message: Uint8Array): void {
    this.#host.traffic.receivedBytes += message.length
    if (this.#handlers !== null) return this.#handlers.received(message)
    // A unary request is its first message; what follows it is not looked at.
    const unary = this.#unary
    this.#unary = null
    unary?.handle(this, message)
  }

  #gather(bytes: Uint8Array, from: number, to: number): void {
    this.#inbox ??= new Inbox(this.#host.messageBytesMax, this.metadata('grpc-encoding'))
    this.#inbox.feed(bytes, from, to)
    this.#deliver(this.#inbox)
  }

  #deliver(inbox: Inbox): void {
    while (!this.#stalled && !this.#ended) {
      const message = inbox.next()
      if (message === null) break
      this.#receive(message)
    }
    inbox.keep()
    if (inbox.failure !== null && !this.#ended) {
      this.cancel(inbox.failure.status, inbox.failure.message)
    } else if (!this.#hold(this.#ended ? 0 : inbox.length)) {
      this.cancel(GrpcStatus.resourceExhausted, 'grpc: too many incomplete messages on this connection')
    }
  }

  #hold(bytes: number): boolean {
    const more = bytes - this.#held
    this.#held = bytes
    return this.#host.hold(more)
  }

  /** Window is given back for what was read and for parts of messages, not for what waits for `drained`. */
  #tellRead(): void {
    if (this.#stalled || this.#unread === 0) return
    this.#host.http2.consumed(this.#stream, this.#unread)
    this.#unread = 0
  }

  #remoteEnd(): void {
    this.#remoteEnded = true
    if (this.#ended || this.#stalled) return
    if (this.#inbox !== null && this.#inbox.length > 0) {
      return this.cancel(GrpcStatus.internal, 'grpc: the request ended within a message')
    }
    if (this.#handlers !== null) this.#tellHalfClosed(this.#handlers)
    else if (this.#unary !== null) this.finish(GrpcStatus.internal, 'grpc: the request has no message')
  }

  #tellHalfClosed(handlers: StreamHandlers): void {
    if (this.#halfClosedTold) return
    this.#halfClosedTold = true
    handlers.halfClosed()
  }

  #tellCancelled(): void {
    const cancelled = this.onCancelled
    this.onCancelled = null
    cancelled?.()
  }

  #end(): void {
    this.#ended = true
    this.#unary = null
    if (this.#held > 0) this.#hold(0)
    this.#host.ended(this)
  }
}

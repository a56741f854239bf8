/**
 * The client's end of one gRPC connection: calls out, answers in, many at once. Dialling, retrying and choosing a
 * server are the owner's; what this tells it truthfully is whether a failed call may have been carried out.
 */
import { type Instant, msBetween, NEVER } from '../../core/time.ts'
import type { ByteSink, ConnectionEngine } from '../engine.ts'
import { HeaderField } from '../hpack/header-field.ts'
import { Http2Connection, type Http2Events } from '../http2/connection.ts'
import { ErrorCode } from '../http2/error-code.ts'
import type { KeepaliveOptions } from '../http2/keepalive.ts'
import type { Http2Limits } from '../http2/limits.ts'
import { ClientCall, type ClientCallHandlers, type ClientCallHost } from './client-call.ts'
import { Deadlines } from './deadlines.ts'
import { REQUEST_FIELDS, REQUEST_METHOD, schemeField } from './fields.ts'
import { GRPC_CLIENT_LIMITS, type GrpcLimits, PATHS_KEPT, RESPONSE_SLAB_BYTES } from './limits.ts'
import type { CallEnd } from './outcome.ts'
import { GrpcStatus } from './status.ts'
import { formatTimeout } from './timeout.ts'

export interface GrpcClientOptions {
  /** The server as the user named it, e.g. `127.0.0.1:2379`. */
  readonly authority: string
  readonly scheme?: 'http' | 'https'
  readonly userAgent?: string
  /** There is something to flush. Comes once until the flush; call `flush` at the end of the turn. */
  wantsFlush(): void
  /** The server takes no new calls: make another connection. Those under way still end by themselves. */
  goingAway?(code: ErrorCode, text: string): void
  readonly limits?: Partial<GrpcLimits>
  readonly http2Limits?: Partial<Http2Limits>
  readonly keepalive?: KeepaliveOptions
}

export interface UnaryResult extends CallEnd {
  /** The caller's to keep; null without a message. A call is well when `status` is ok and this is there. */
  readonly response: Uint8Array | null
}

interface WaitingCall {
  readonly call: ClientCall
  readonly path: string
  readonly metadata: readonly HeaderField[]
}

const NO_BYTES = new Uint8Array(0)
const NO_METADATA: readonly HeaderField[] = []

export class GrpcClientConnection implements ConnectionEngine, Http2Events, ClientCallHost {
  readonly http2: Http2Connection
  readonly messageBytesMax: number
  readonly #options: GrpcClientOptions
  readonly #waitingCallsMax: number
  readonly #head: readonly HeaderField[]
  readonly #tail: readonly HeaderField[]
  /** A path that is called again is the same field, which the encoder finds in its table. */
  readonly #paths = new Map<string, HeaderField>()
  readonly #deadlines = new Deadlines<ClientCall>()
  #waiting: WaitingCall[] = []
  #starting = false
  #slab = NO_BYTES
  #slabUsed = 0
  #now: Instant

  constructor(now: Instant, options: GrpcClientOptions) {
    const limits = { ...GRPC_CLIENT_LIMITS, ...options.limits }
    this.#options = options
    this.#now = now
    this.messageBytesMax = limits.messageBytesMax
    this.#waitingCallsMax = limits.waitingCallsMax
    this.#head = [REQUEST_METHOD, schemeField(options.scheme ?? 'http')]
    this.#tail = [
      new HeaderField(':authority', options.authority, 'always'),
      ...REQUEST_FIELDS,
      new HeaderField('user-agent', options.userAgent ?? 'grpc-quorate', 'always'),
    ]
    this.http2 = new Http2Connection(
      now,
      {
        role: 'client',
        ...(options.http2Limits && { limits: options.http2Limits }),
        ...(options.keepalive && { keepalive: options.keepalive }),
      },
      this,
    )
    this.http2.start()
  }

  /** No call that is made now would be sent. */
  get draining(): boolean {
    return this.http2.draining
  }

  /** Calls that have not ended. */
  get calls(): number {
    return this.http2.streams + this.#waiting.length
  }

  /**
   * One request, one response. `done` comes exactly once, and may come before this returns. The message is
   * copied. Metadata fields that are sent often should be kept and reused (`metadataField`).
   */
  call(
    now: Instant,
    path: string,
    metadata: readonly HeaderField[] | null,
    message: Uint8Array,
    deadline: Instant,
    done: (result: UnaryResult) => void,
  ): ClientCall {
    let response: Uint8Array | null = null
    const call = this.stream(now, path, metadata, deadline, {
      received: bytes => {
        response = this.#keep(bytes)
      },
      ended: end => done(unaryResult(end, response)),
    })
    call.send(message, true)
    return call
  }

  /** A call with any number of messages in both directions. */
  stream(
    now: Instant,
    path: string,
    metadata: readonly HeaderField[] | null,
    deadline: Instant,
    handlers: ClientCallHandlers,
  ): ClientCall {
    this.#now = now
    const call = new ClientCall(this, deadline, handlers)
    const waiting = { call, path, metadata: metadata ?? NO_METADATA }
    if (this.http2.draining) {
      call.giveUp(GrpcStatus.unavailable, 'the connection takes no new calls')
    } else if (this.http2.mayOpen && this.#waiting.length === 0) {
      this.#deadlines.add(call)
      this.#open(waiting)
    } else if (this.#waiting.length < this.#waitingCallsMax) {
      this.#deadlines.add(call)
      this.#waiting.push(waiting)
    } else {
      call.giveUp(GrpcStatus.resourceExhausted, 'too many calls wait for a stream')
    }
    return call
  }

  receive(now: Instant, bytes: Uint8Array): void {
    this.#now = now
    this.http2.receive(now, bytes)
    this.#dropWaiting()
  }

  flush(now: Instant, sink: ByteSink): void {
    this.#now = now
    this.http2.flush(now, sink)
  }

  drained(now: Instant): void {
    this.http2.drained(now)
  }

  lost(now: Instant): void {
    this.http2.lost(now)
    this.#dropWaiting()
  }

  shutdown(now: Instant): void {
    this.http2.shutdown(now)
    this.#dropWaiting()
  }

  get wantsClose(): boolean {
    return this.http2.wantsClose
  }

  deadline(): Instant {
    const at = this.http2.deadline()
    return at < this.#deadlines.from ? at : this.#deadlines.from
  }

  onDeadline(now: Instant): void {
    this.#now = now
    this.http2.onDeadline(now)
    for (const call of this.#deadlines.takeDue(now)) {
      call.giveUp(GrpcStatus.deadlineExceeded, 'context deadline exceeded')
    }
    this.#dropWaiting()
  }

  wantsFlush(): void {
    this.#options.wantsFlush()
  }

  /** A client gets no requests. */
  request(): void {}

  goingAway(code: ErrorCode, text: string): void {
    this.#options.goingAway?.(code, text)
  }

  roomForStreams(): void {
    if (this.#waiting.length === 0 || this.#starting) return
    this.#starting = true
    let started = 0
    while (started < this.#waiting.length && this.http2.mayOpen) {
      const waiting = this.#waiting[started]!
      started += 1
      if (!waiting.call.ended) this.#open(waiting)
    }
    if (started > 0) this.#waiting.splice(0, started)
    this.#starting = false
  }

  ended(call: ClientCall): void {
    this.#deadlines.delete(call)
  }

  /** Ends the connection at once; calls under way end with an unknown outcome. */
  abort(text: string): void {
    this.http2.abort(ErrorCode.cancel, text)
    this.#dropWaiting()
  }

  #open({ call, path, metadata }: WaitingCall): void {
    const fields = [...this.#head, this.#pathField(path), ...this.#tail]
    if (call.deadline !== NEVER) {
      fields.push(new HeaderField('grpc-timeout', formatTimeout(msBetween(this.#now, call.deadline))))
    }
    for (const field of metadata) fields.push(field)
    call.open(this.#now, fields)
  }

  /** Small responses share a slab: an array of its own costs ten times as much as a view. */
  #keep(bytes: Uint8Array): Uint8Array {
    if (bytes.length > RESPONSE_SLAB_BYTES / 4) return bytes.slice()
    if (this.#slabUsed + bytes.length > this.#slab.length) {
      this.#slab = new Uint8Array(RESPONSE_SLAB_BYTES)
      this.#slabUsed = 0
    }
    const from = this.#slabUsed
    this.#slabUsed = from + bytes.length
    this.#slab.set(bytes, from)
    return this.#slab.subarray(from, this.#slabUsed)
  }

  #pathField(path: string): HeaderField {
    let field = this.#paths.get(path)
    if (field === undefined) {
      field = new HeaderField(':path', path, 'always')
      if (this.#paths.size < PATHS_KEPT) this.#paths.set(path, field)
    }
    return field
  }

  /** No stream will ever be opened for those that wait. */
  #dropWaiting(): void {
    if (this.#waiting.length === 0 || !this.http2.draining) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const { call } of waiting) call.giveUp(GrpcStatus.unavailable, 'the connection takes no new calls')
  }
}

/** §"Responses": a unary call that ended well has a message; one that has none was not answered. */
function unaryResult(end: CallEnd, response: Uint8Array | null): UnaryResult {
  if (end.status === GrpcStatus.ok && response === null) {
    return { ...end, status: GrpcStatus.internal, message: 'the response has no message', response }
  }
  return { ...end, response }
}

/**
 * The server's end of one gRPC connection: HTTP/2 streams become calls of methods, synchronously. Bytes in, bytes
 * out; the owner flushes once per turn, whatever number of calls was answered in it.
 */
import { addMs, type Instant, NEVER } from '../../core/time.ts'
import { noTraffic, type Traffic } from '../../core/traffic.ts'
import type { ByteSink, ConnectionEngine } from '../engine.ts'
import type { HeaderField } from '../hpack/header-field.ts'
import type { HttpHandler } from '../http1/http-handler.ts'
import { Http2Connection, type Http2Events } from '../http2/connection.ts'
import type { ErrorCode } from '../http2/error-code.ts'
import type { RequestHead } from '../http2/header-section.ts'
import type { KeepaliveOptions } from '../http2/keepalive.ts'
import type { Http2Limits } from '../http2/limits.ts'
import { GRPC_PING_POLICY, type PingPolicy } from '../http2/ping-strikes.ts'
import type { Http2Stream } from '../http2/stream.ts'
import type { GrpcMethods } from './call.ts'
import { Deadlines } from './deadlines.ts'
import { fieldValue, refusal } from './fields.ts'
import { HttpCall } from './http-call.ts'
import { GRPC_LIMITS, type GrpcLimits } from './limits.ts'
import { type CallHost, ServerCall } from './server-call.ts'
import { GrpcStatus } from './status.ts'
import { parseTimeoutMs, timeoutFault } from './timeout.ts'

export interface GrpcServerOptions {
  readonly methods: GrpcMethods
  /** Answers requests that are not gRPC; without it they get 415. */
  readonly http?: HttpHandler
  /** There is something to flush. Comes once until the flush; call `flush` at the end of the turn. */
  wantsFlush(): void
  /** The name of the certificate by which the client proved who it is. */
  readonly certificateName?: string | undefined
  /** Where the bytes of messages are counted; absent: nowhere. */
  readonly traffic?: Traffic
  /** The address that the connection came from, without the port. */
  readonly remote?: string
  readonly limits?: Partial<GrpcLimits>
  readonly http2Limits?: Partial<Http2Limits>
  /** How often a client may ping. */
  readonly pingPolicy?: PingPolicy
  /** Whether we ping a client that is quiet (etcd: after 2 h, for 20 s). */
  readonly keepalive?: KeepaliveOptions
}

export class GrpcServerConnection implements ConnectionEngine, Http2Events, CallHost {
  readonly http2: Http2Connection
  readonly messageBytesMax: number
  readonly certificateName: string | undefined
  readonly traffic: Traffic
  readonly remote: string
  readonly #options: GrpcServerOptions
  readonly #heldBytesMax: number
  #heldBytes = 0
  #now: Instant
  readonly #deadlines = new Deadlines<ServerCall>()

  constructor(now: Instant, options: GrpcServerOptions) {
    this.#options = options
    this.#now = now
    this.certificateName = options.certificateName
    this.traffic = options.traffic ?? noTraffic()
    this.remote = options.remote ?? ''
    const limits = { ...GRPC_LIMITS, ...options.limits }
    this.messageBytesMax = limits.messageBytesMax
    this.#heldBytesMax = limits.heldBytesMax
    this.http2 = new Http2Connection(
      now,
      {
        role: 'server',
        pingPolicy: options.pingPolicy ?? GRPC_PING_POLICY,
        ...(options.http2Limits && { limits: options.http2Limits }),
        ...(options.keepalive && { keepalive: options.keepalive }),
      },
      this,
    )
    this.http2.start()
  }

  receive(now: Instant, bytes: Uint8Array): void {
    this.#now = now
    this.http2.receive(now, bytes)
  }

  flush(now: Instant, sink: ByteSink): void {
    this.http2.flush(now, sink)
  }

  drained(now: Instant): void {
    this.http2.drained(now)
  }

  lost(now: Instant): void {
    this.http2.lost(now)
  }

  shutdown(now: Instant): void {
    this.http2.shutdown(now)
  }

  get wantsClose(): boolean {
    return this.http2.wantsClose
  }

  /** Calls that are not finished. */
  get calls(): number {
    return this.http2.streams
  }

  deadline(): Instant {
    const at = this.http2.deadline()
    return at < this.#deadlines.from ? at : this.#deadlines.from
  }

  onDeadline(now: Instant): void {
    this.#now = now
    this.http2.onDeadline(now)
    for (const call of this.#deadlines.takeDue(now)) {
      call.cancel(GrpcStatus.deadlineExceeded, 'context deadline exceeded')
    }
  }

  wantsFlush(): void {
    this.#options.wantsFlush()
  }

  request(stream: Http2Stream, head: RequestHead, fields: readonly HeaderField[], endStream: boolean): void {
    const contentType = fieldValue(fields, 'content-type')
    if (!isGrpc(contentType) || head.method !== 'POST') {
      new HttpCall(this.http2, stream, head, fields, this.remote, this.#options.http).opened(endStream)
      return
    }
    const timeout = fieldValue(fields, 'grpc-timeout')
    const deadline = this.#deadlineOf(timeout)
    if (deadline === undefined) {
      const message = `malformed grpc-timeout: ${timeoutFault(timeout ?? '')}`
      return this.http2.sendHeaders(stream, refusal('400', GrpcStatus.internal, message), true)
    }
    const call = new ServerCall(this, stream, head.path, fields, deadline)
    const method = this.#options.methods.get(head.path)
    if (method === undefined) {
      return call.finish(GrpcStatus.unimplemented, unknownMethod(head.path, this.#options.methods))
    }
    const encoding = fieldValue(fields, 'grpc-encoding')
    if (encoding !== undefined && encoding !== 'identity') {
      const message = `grpc: Decompressor is not installed for grpc-encoding "${encoding}"`
      return call.finish(GrpcStatus.unimplemented, message)
    }
    this.#deadlines.add(call)
    if (method.kind === 'unary') call.serveUnary(method)
    else call.serveStream(method.open(call))
    if (endStream) call.headers()
  }

  goingAway(): void {}

  roomForStreams(): void {}

  hold(bytes: number): boolean {
    this.#heldBytes += bytes
    return bytes <= 0 || this.#heldBytes <= this.#heldBytesMax
  }

  ended(call: ServerCall): void {
    this.#deadlines.delete(call)
  }

  /** Ends the connection at once. */
  abort(code: ErrorCode, text: string): void {
    this.http2.abort(code, text)
  }

  /** Undefined for a timeout that is none: a client that means to wait for so long must not wait for ever. */
  #deadlineOf(timeout: string | undefined): Instant | undefined {
    if (timeout === undefined) return NEVER
    const ms = parseTimeoutMs(timeout)
    return ms === undefined ? undefined : addMs(this.#now, ms)
  }
}

/** `application/grpc`, or that with a format or parameters. */
function isGrpc(contentType: string | undefined): boolean {
  if (contentType === undefined) return false
  if (contentType === 'application/grpc') return true
  return contentType.startsWith('application/grpc+') || contentType.startsWith('application/grpc;')
}

/** The texts are grpc-go's. */
function unknownMethod(path: string, methods: GrpcMethods): string {
  const slash = path.lastIndexOf('/')
  if (!path.startsWith('/') || slash < 1) return `malformed method name: "${path}"`
  const service = path.slice(1, slash)
  for (const known of methods.keys()) {
    if (known.startsWith(`/${service}/`)) {
      return `unknown method ${path.slice(slash + 1)} for service ${service}`
    }
  }
  return `unknown service ${service}`
}

/**
 * A gRPC call as a service sees it (gRPC over HTTP/2, the protocol document of the gRPC project), on the
 * server's side. Handlers are synchronous; they may answer at once or later, from a call-back.
 */
import type { Instant } from '../../core/time.ts'
import type { GrpcStatus } from './status.ts'

export interface GrpcCall {
  readonly path: string
  /** The first value of a request header (lower-case name), as text. */
  metadata(name: string): string | undefined
  /** From `grpc-timeout`; `NEVER` without one. */
  readonly deadline: Instant
  /**
   * The common name of the certificate by which the client proved who it is. Undefined without one, and of calls that
   * came through a gateway: who holds the connection need not be who asks.
   */
  readonly certificateName: string | undefined
  /** The address that the client's connection came from, without its port; empty if nobody knows. */
  readonly remote: string
  /** Stands for the connection: calls that share one share this. */
  readonly connection: object | string
  /** True once the call was finished here or cancelled there: what is sent then is dropped. */
  readonly ended: boolean
  /**
   * Sends one message; the bytes are copied before it returns. False when the peer's flow-control window
   * or the connection's buffer is full: a stream then waits for `drained`.
   */
  send(message: Uint8Array): boolean
  /** Ends the call. Unary successes are `send` and `finish(GrpcStatus.ok)`. */
  finish(status: GrpcStatus, message?: string): void
  /** Set by a handler that wants to know that the client gave up or the connection broke. */
  onCancelled: (() => void) | null
}

export interface UnaryMethod {
  readonly kind: 'unary'
  /** `message` is a view that is only valid during the call: what must stay is copied. */
  handle(call: GrpcCall, message: Uint8Array): void
}

export interface StreamMethod {
  readonly kind: 'stream'
  open(call: GrpcCall): StreamHandlers
}

export interface StreamHandlers {
  /** `message` is a view that is only valid during the call. Not called while `send` waits for `drained`. */
  received(message: Uint8Array): void
  /** The client will send no more. */
  halfClosed(): void
  drained(): void
}

/** By path, e.g. `/etcdserverpb.KV/Range`. A path that is missing answers `unimplemented`. */
export type GrpcMethods = ReadonlyMap<string, UnaryMethod | StreamMethod>

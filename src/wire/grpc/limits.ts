/** What one gRPC connection bounds beyond its HTTP/2 limits. */

export interface GrpcLimits {
  /** The longest message taken: etcd's 1.5 MiB of request and 512 KiB for what surrounds it. */
  readonly messageBytesMax: number
  /** Messages that are not complete, or not read, on all streams of a connection together. */
  readonly heldBytesMax: number
  /** A client's: calls that wait for a free stream. */
  readonly waitingCallsMax: number
}

export const GRPC_LIMITS: GrpcLimits = {
  messageBytesMax: 2 * 1024 * 1024,
  heldBytesMax: 64 * 1024 * 1024,
  waitingCallsMax: 10_000,
}

/** A client asked for what it gets, and takes as much as etcd's own client does, within reason. */
export const GRPC_CLIENT_LIMITS: GrpcLimits = {
  ...GRPC_LIMITS,
  messageBytesMax: 512 * 1024 * 1024,
  heldBytesMax: 512 * 1024 * 1024,
}

/** Paths of methods that a client keeps encoded. */
export const PATHS_KEPT = 128

/** What small responses to a client are gathered in. */
export const RESPONSE_SLAB_BYTES = 16 * 1024

/** What a call may send before there is a stream for it. */
export const EARLY_BYTES_MAX = 4 * 1024 * 1024

/** Status texts are cut to this: header sections of clients are limited too. */
export const STATUS_MESSAGE_LENGTH_MAX = 4096

/** Requests of plain HTTP that come over a gRPC connection. */
export const HTTP_BODY_BYTES_MAX = 64 * 1024

/** How a call of ours ended: what the server said, or, where it said nothing, what that means. */
import type { HeaderField } from '../hpack/header-field.ts'
import { ErrorCode } from '../http2/error-code.ts'
import type { ResetCause } from '../http2/stream.ts'
import { fieldValue } from './fields.ts'
import { GrpcStatus } from './status.ts'
import { decodeStatusMessage } from './status-message.ts'

export interface CallEnd {
  /**
   * `done`: the server answered, with whatever status. `refused`: no server has looked at the call.
   * `unknown`: it may have been carried out or not.
   */
  readonly outcome: 'done' | 'refused' | 'unknown'
  readonly status: GrpcStatus
  readonly message: string
  /** Empty unless the server sent some. */
  readonly trailers: readonly HeaderField[]
}

/** The text is grpc-go's, without the number. */
const HEADERS_TOO_LARGE = 'header list size to send violates the maximum size set by server'

const NO_TRAILERS: readonly HeaderField[] = []

export function refused(message: string): CallEnd {
  return { outcome: 'refused', status: GrpcStatus.unavailable, message, trailers: NO_TRAILERS }
}

export function unknown(status: GrpcStatus, message: string): CallEnd {
  return { outcome: 'unknown', status, message, trailers: NO_TRAILERS }
}

/** What the trailers say. `httpStatus` counts where they lack `grpc-status`: something in between answered. */
export function endFromTrailers(fields: readonly HeaderField[], httpStatus: number): CallEnd {
  const text = fieldValue(fields, 'grpc-status')
  if (text === undefined) {
    const status = httpStatus === 200 ? GrpcStatus.unknown : statusOfHttp(httpStatus)
    return unknown(status, `the response has no grpc-status (HTTP status ${httpStatus})`)
  }
  const message = decodeStatusMessage(fieldValue(fields, 'grpc-message') ?? '')
  const number = /^[0-9]{1,2}$/.test(text) ? Number(text) : GrpcStatus.unknown
  const status = number <= GrpcStatus.unauthenticated ? (number as GrpcStatus) : GrpcStatus.unknown
  return { outcome: 'done', status, message, trailers: fields }
}

/** The table of "HTTP2 Transport Mapping" in the gRPC protocol document. */
export function endFromReset(code: ErrorCode, cause: ResetCause): CallEnd {
  if (cause === 'unprocessed') return refused('the connection ended before the call was looked at')
  if (cause === 'unsendable') return { ...refused(HEADERS_TOO_LARGE), status: GrpcStatus.internal }
  if (cause === 'lost') return unknown(GrpcStatus.unavailable, 'the connection was lost')
  if (cause === 'error') return unknown(GrpcStatus.internal, `the response broke a rule of HTTP/2 (${code})`)
  switch (code) {
    case ErrorCode.refusedStream:
      return refused('the server refused the stream')
    case ErrorCode.cancel:
      return unknown(GrpcStatus.cancelled, 'the server cancelled the call')
    case ErrorCode.enhanceYourCalm:
      return unknown(GrpcStatus.resourceExhausted, 'the server asked to be calm')
    case ErrorCode.inadequateSecurity:
      return unknown(GrpcStatus.permissionDenied, 'the connection is not secure enough')
    default:
      return unknown(GrpcStatus.internal, `the server reset the stream (${code})`)
  }
}

/** "HTTP to gRPC Status Code Mapping" of the gRPC project. */
function statusOfHttp(httpStatus: number): GrpcStatus {
  switch (httpStatus) {
    case 400:
      return GrpcStatus.internal
    case 401:
      return GrpcStatus.unauthenticated
    case 403:
      return GrpcStatus.permissionDenied
    case 404:
      return GrpcStatus.unimplemented
    case 429:
    case 502:
    case 503:
    case 504:
      return GrpcStatus.unavailable
    default:
      return GrpcStatus.unknown
  }
}

/**
 * Errors as the gateway tells them. etcd 3.4 and 3.5 say `error` and `code`, 3.6 and later `code`, `message` and
 * `details`; clients read one or the other, so that all of them are there.
 */
import { utf8Bytes } from '../../../core/utf8.ts'
import { GrpcStatus } from '../../../wire/grpc/status.ts'
import type { HttpResponse } from '../../../wire/http1/http-handler.ts'
import { reasonPhrase } from '../../../wire/http1/response-head.ts'

/** The gateway's table of gRPC codes and statuses of HTTP. */
const HTTP_STATUS: Readonly<Record<GrpcStatus, number>> = {
  [GrpcStatus.ok]: 200,
  [GrpcStatus.cancelled]: 408,
  [GrpcStatus.unknown]: 500,
  [GrpcStatus.invalidArgument]: 400,
  [GrpcStatus.deadlineExceeded]: 504,
  [GrpcStatus.notFound]: 404,
  [GrpcStatus.alreadyExists]: 409,
  [GrpcStatus.permissionDenied]: 403,
  [GrpcStatus.resourceExhausted]: 429,
  [GrpcStatus.failedPrecondition]: 400,
  [GrpcStatus.aborted]: 409,
  [GrpcStatus.outOfRange]: 400,
  [GrpcStatus.unimplemented]: 501,
  [GrpcStatus.internal]: 500,
  [GrpcStatus.unavailable]: 503,
  [GrpcStatus.dataLoss]: 500,
  [GrpcStatus.unauthenticated]: 401,
}

export const JSON_TYPE = 'application/json'

export function httpStatus(code: GrpcStatus): number {
  return HTTP_STATUS[code]
}

/** The whole answer to a call that failed before it said anything. */
export function errorResponse(code: GrpcStatus, message: string, status = httpStatus(code)): HttpResponse {
  return { status, contentType: JSON_TYPE, body: json({ error: message, code, message, details: [] }) }
}

/** The last line of a stream that fails. */
export function errorLine(code: GrpcStatus, message: string): Uint8Array {
  const status = httpStatus(code)
  const error = {
    code,
    message,
    details: [],
    grpc_code: code,
    http_code: status,
    http_status: reasonPhrase(status),
  }
  return json({ error })
}

function json(value: object): Uint8Array {
  return utf8Bytes(`${JSON.stringify(value)}\n`)
}

/** Header fields that gRPC sends again and again: made once, indexed by every connection. */
import { HeaderField } from '../hpack/header-field.ts'
import { staticField } from '../hpack/static-table.ts'
import { GrpcStatus } from './status.ts'
import { encodeStatusMessage } from './status-message.ts'

const CONTENT_TYPE = new HeaderField('content-type', 'application/grpc', 'always')

/** The header section of every response. */
export const RESPONSE_HEAD: readonly HeaderField[] = [staticField(':status', '200'), CONTENT_TYPE]

const STATUS_FIELDS: readonly HeaderField[] = Object.values(GrpcStatus).map(
  status => new HeaderField('grpc-status', String(status), status === GrpcStatus.ok ? 'always' : 'once'),
)

const OK_TRAILERS: readonly HeaderField[] = [STATUS_FIELDS[GrpcStatus.ok]!]

/** The trailers that end a call. */
export function statusTrailers(status: GrpcStatus, message: string): readonly HeaderField[] {
  if (status === GrpcStatus.ok && message === '') return OK_TRAILERS
  const field = STATUS_FIELDS[status]!
  return message === '' ? [field] : [field, new HeaderField('grpc-message', encodeStatusMessage(message))]
}

/** The answer to a request that is refused before it is a call: the status of HTTP says so too. */
export function refusal(httpStatus: string, status: GrpcStatus, message: string): readonly HeaderField[] {
  return [new HeaderField(':status', httpStatus), CONTENT_TYPE, ...statusTrailers(status, message)]
}

export const REQUEST_METHOD: HeaderField = staticField(':method', 'POST')
export const REQUEST_FIELDS: readonly HeaderField[] = [
  CONTENT_TYPE,
  new HeaderField('te', 'trailers', 'always'),
]

export function schemeField(scheme: 'http' | 'https'): HeaderField {
  return staticField(':scheme', scheme)
}

/** The first field of that name. */
export function fieldValue(fields: readonly HeaderField[], name: string): string | undefined {
  for (let i = 0; i < fields.length; i++) if (fields[i]!.name === name) return fields[i]!.value
  return undefined
}

/**
 * Messages of the Lease service that change leases: grant, revoke (whose response is a header and no more), keep alive.
 * Ids are signed and exact.
 */
import {
  NO_HEADER,
  type ResponseHeader,
  type ResponseHeaderParts,
  readHeader,
  writeHeader,
} from './header.ts'
import { bytesTag, type ProtobufReader, varintTag } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

export interface LeaseGrantRequest {
  readonly ttlSeconds: number
  /** 0: the server chooses one. */
  readonly id: bigint
}

/** A lease, and for how many seconds it is granted from now on: 0 in the answer to a keep-alive if it is gone. */
export interface LeasePromise {
  readonly id: bigint
  readonly ttlSeconds: number
}

/**
 * `LeaseGrantResponse` and `LeaseKeepAliveResponse`, which have the same fields. A fourth one of the former, `error`,
 * no etcd ever used, and it is passed over.
 */
export interface LeasePromiseResponse extends LeasePromise {
  readonly header: ResponseHeader
}

/** `LeaseRevokeRequest` and `LeaseKeepAliveRequest`. */
export interface LeaseIdRequest {
  readonly id: bigint
}

const GRANT_DEFAULTS: LeaseGrantRequest = { ttlSeconds: 0, id: 0n }
const ID_DEFAULTS: LeaseIdRequest = { id: 0n }
const PROMISE_DEFAULTS = { header: NO_HEADER, id: 0n, ttlSeconds: 0 }

export function readLeaseGrantRequest(
  from: ProtobufReader,
  before: LeaseGrantRequest = GRANT_DEFAULTS,
): LeaseGrantRequest {
  let { ttlSeconds, id } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === varintTag(1)) ttlSeconds = from.int64()
    else if (tag === varintTag(2)) id = from.int64big()
    else from.skip(tag)
  }
  return { ttlSeconds, id }
}

export function writeLeaseGrantRequest(to: ProtobufWriter, request: LeaseGrantRequest): void {
  to.int64(1, request.ttlSeconds)
  to.int64big(2, request.id)
}

export function writeLeasePromiseResponse(
  to: ProtobufWriter,
  header: ResponseHeaderParts,
  { id, ttlSeconds }: LeasePromise,
): void {
  writeHeader(to, header)
  to.int64big(2, id)
  to.int64(3, ttlSeconds)
}

export function readLeasePromiseResponse(
  from: ProtobufReader,
  before: LeasePromiseResponse = PROMISE_DEFAULTS,
): LeasePromiseResponse {
  let { header, id, ttlSeconds } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) header = from.message(readHeader, header)
    else if (tag === varintTag(2)) id = from.int64big()
    else if (tag === varintTag(3)) ttlSeconds = from.int64()
    else from.skip(tag)
  }
  return { header, id, ttlSeconds }
}

export function readLeaseIdRequest(
  from: ProtobufReader,
  before: LeaseIdRequest = ID_DEFAULTS,
): LeaseIdRequest {
  let { id } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === varintTag(1)) id = from.int64big()
    else from.skip(tag)
  }
  return { id }
}

export function writeLeaseIdRequest(to: ProtobufWriter, { id }: LeaseIdRequest): void {
  to.int64big(1, id)
}

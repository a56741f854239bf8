/** Messages of the Lease service that only look: how long one lives, what goes with it, which there are. */
import {
  NO_HEADER,
  type ResponseHeader,
  type ResponseHeaderParts,
  readHeader,
  writeHeader,
} from './header.ts'
import { readLeaseIdRequest } from './lease.ts'
import { bytesTag, type ProtobufReader, varintTag } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

export interface LeaseTimeToLiveRequest {
  readonly id: bigint
  /** Also name the keys that are attached to it. */
  readonly keys: boolean
}

export interface LeaseTimeToLive {
  readonly id: bigint
  /** What is left of it; -1 if there is no such lease. */
  readonly ttlSeconds: number
  readonly grantedTtlSeconds: number
}

export interface LeaseTimeToLiveResponse extends LeaseTimeToLive {
  readonly header: ResponseHeader
  readonly keys: readonly Uint8Array[]
}

export interface LeaseLeasesResponse {
  readonly header: ResponseHeader
  readonly ids: readonly bigint[]
}

const REQUEST_DEFAULTS: LeaseTimeToLiveRequest = { id: 0n, keys: false }
const NOTHING: LeaseTimeToLiveResponse = {
  header: NO_HEADER,
  id: 0n,
  ttlSeconds: 0,
  grantedTtlSeconds: 0,
  keys: [],
}

export function readLeaseTimeToLiveRequest(
  from: ProtobufReader,
  before: LeaseTimeToLiveRequest = REQUEST_DEFAULTS,
): LeaseTimeToLiveRequest {
  let { id, keys } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === varintTag(1)) id = from.int64big()
    else if (tag === varintTag(2)) keys = from.bool()
    else from.skip(tag)
  }
  return { id, keys }
}

export function writeLeaseTimeToLiveRequest(to: ProtobufWriter, request: LeaseTimeToLiveRequest): void {
  to.int64big(1, request.id)
  to.bool(2, request.keys)
}

export function writeLeaseTimeToLiveResponse(
  to: ProtobufWriter,
  header: ResponseHeaderParts,
  { id, ttlSeconds, grantedTtlSeconds }: LeaseTimeToLive,
  keys: readonly Uint8Array[],
): void {
  writeHeader(to, header)
  to.int64big(2, id)
  to.int64(3, ttlSeconds)
  to.int64(4, grantedTtlSeconds)
  for (const key of keys) to.element(5, key)
}

export function readLeaseTimeToLiveResponse(
  from: ProtobufReader,
  before: LeaseTimeToLiveResponse = NOTHING,
): LeaseTimeToLiveResponse {
  let { header, id, ttlSeconds, grantedTtlSeconds } = before
  const keys = [...before.keys]
  while (from.more()) {
    const tag = from.tag()
    switch (tag) {
      case bytesTag(1):
        header = from.message(readHeader, header)
        break
      case varintTag(2):
        id = from.int64big()
        break
      case varintTag(3):
        ttlSeconds = from.int64()
        break
      case varintTag(4):
        grantedTtlSeconds = from.int64()
        break
      case bytesTag(5):
        keys.push(from.bytes())
        break
      default:
        from.skip(tag)
    }
  }
  return { header, id, ttlSeconds, grantedTtlSeconds, keys }
}

export function writeLeaseLeasesResponse(
  to: ProtobufWriter,
  header: ResponseHeaderParts,
  ids: readonly bigint[],
): void {
  writeHeader(to, header)
  for (const id of ids) {
    const start = to.begin(2)
    to.int64big(1, id)
    to.end(start)
  }
}

export function readLeaseLeasesResponse(
  from: ProtobufReader,
  before: LeaseLeasesResponse = { header: NO_HEADER, ids: [] },
): LeaseLeasesResponse {
  let { header } = before
  const ids = [...before.ids]
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) header = from.message(readHeader, header)
    else if (tag === bytesTag(2)) ids.push(from.message(readLeaseIdRequest).id)
    else from.skip(tag)
  }
  return { header, ids }
}

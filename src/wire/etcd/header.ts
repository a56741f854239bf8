/**
 * `etcdserverpb.ResponseHeader`: who answered, at which revision and in which term. Every response of a
 * member begins with the same two ids, so a server encodes them once.
 */
import { bytesTag, type ProtobufReader, varintTag } from './protobuf-reader.ts'
import { encode, type ProtobufWriter } from './protobuf-writer.ts'

export interface ResponseHeader {
  readonly clusterId: bigint
  readonly memberId: bigint
  readonly revision: number
  readonly raftTerm: number
}

export interface ResponseIdentity {
  readonly clusterId: bigint
  readonly memberId: bigint
  /** Both as fields of a header. */
  readonly encoded: Uint8Array
}

/** A header as a server writes it. */
export interface ResponseHeaderParts {
  readonly identity: ResponseIdentity
  readonly revision: number
  readonly raftTerm: number
}

export function responseIdentity(clusterId: bigint, memberId: bigint): ResponseIdentity {
  const encoded = encode(undefined, to => {
    to.int64big(1, clusterId)
    to.int64big(2, memberId)
  })
  return { clusterId, memberId, encoded }
}

/** What a response without a header is taken to have said. */
export const NO_HEADER: ResponseHeader = { clusterId: 0n, memberId: 0n, revision: 0, raftTerm: 0 }

/** The header is field 1 of every response. */
export function writeHeader(to: ProtobufWriter, header: ResponseHeaderParts): void {
  const start = to.begin(1)
  to.encoded(header.identity.encoded)
  to.int64(3, header.revision)
  to.int64(4, header.raftTerm)
  to.end(start)
}

/** Of everything that answers no more than that it was done: its writer is `writeHeader`. */
export interface HeaderResponse {
  readonly header: ResponseHeader
}

export function readHeaderResponse(
  from: ProtobufReader,
  before: HeaderResponse = { header: NO_HEADER },
): HeaderResponse {
  let { header } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) header = from.message(readHeader, header)
    else from.skip(tag)
  }
  return { header }
}

/** The header of a response inside a transaction's: etcd fills in the revision only. */
export function writeInnerHeader(to: ProtobufWriter, revision: number): void {
  const start = to.begin(1)
  to.int64(3, revision)
  to.end(start)
}

export function readHeader(from: ProtobufReader, before: ResponseHeader = NO_HEADER): ResponseHeader {
  let { clusterId, memberId, revision, raftTerm } = before
  while (from.more()) {
    const tag = from.tag()
    switch (tag) {
      case varintTag(1):
        clusterId = from.uint64big()
        break
      case varintTag(2):
        memberId = from.uint64big()
        break
      case varintTag(3):
        revision = from.int64()
        break
      case varintTag(4):
        raftTerm = from.uint64()
        break
      default:
        from.skip(tag)
    }
  }
  return { clusterId, memberId, revision, raftTerm }
}

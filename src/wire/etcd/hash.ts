/** Messages of Maintenance/Hash. Its request has no fields. */
import {
  NO_HEADER,
  type ResponseHeader,
  type ResponseHeaderParts,
  readHeader,
  writeHeader,
} from './header.ts'
import { bytesTag, type ProtobufReader, varintTag } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

export interface HashResponse {
  readonly header: ResponseHeader
  /** Unsigned. */
  readonly hash: number
}

export function writeHashResponse(to: ProtobufWriter, header: ResponseHeaderParts, hash: number): void {
  writeHeader(to, header)
  to.int64(2, hash)
}

export function readHashResponse(
  from: ProtobufReader,
  before: HashResponse = { header: NO_HEADER, hash: 0 },
): HashResponse {
  let { header, hash } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) header = from.message(readHeader, header)
    else if (tag === varintTag(2)) hash = from.uint32()
    else from.skip(tag)
  }
  return { header, hash }
}

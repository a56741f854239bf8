/** `CompactionRequest` and `CompactionResponse`. */
import {
  NO_HEADER,
  type ResponseHeader,
  type ResponseHeaderParts,
  readHeader,
  writeHeader,
} from './header.ts'
import { bytesTag, type ProtobufReader, varintTag } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

export interface CompactionRequest {
  readonly revision: number
  /** Wait until what was compacted is gone from the store. */
  readonly physical: boolean
}

export interface CompactionResponse {
  readonly header: ResponseHeader
}

const COMPACTION_DEFAULTS: CompactionRequest = { revision: 0, physical: false }

export function readCompactionRequest(
  from: ProtobufReader,
  before: CompactionRequest = COMPACTION_DEFAULTS,
): CompactionRequest {
  let { revision, physical } = before
  while (from.more()) {
    const tag = from.tag()
    switch (tag) {
      case varintTag(1):
        revision = from.int64()
        break
      case varintTag(2):
        physical = from.bool()
        break
      default:
        from.skip(tag)
    }
  }
  return { revision, physical }
}

export function writeCompactionRequest(to: ProtobufWriter, request: CompactionRequest): void {
  to.int64(1, request.revision)
  to.bool(2, request.physical)
}

export function writeCompactionResponse(to: ProtobufWriter, header: ResponseHeaderParts): void {
  writeHeader(to, header)
}

export function readCompactionResponse(
  from: ProtobufReader,
  before: CompactionResponse = { header: NO_HEADER },
): CompactionResponse {
  let { header } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) header = from.message(readHeader, header)
    else from.skip(tag)
  }
  return { header }
}

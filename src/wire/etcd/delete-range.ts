/** `DeleteRangeRequest` and `DeleteRangeResponse`. */
import { EMPTY } from '../../core/bytes.ts'
import {
  NO_HEADER,
  type ResponseHeader,
  type ResponseHeaderParts,
  readHeader,
  writeHeader,
} from './header.ts'
import { type KeyValue, readKeyValue, writeKeyValue } from './key-value.ts'
import { bytesTag, type ProtobufReader, varintTag } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

export interface DeleteRangeRequest {
  readonly key: Uint8Array
  readonly rangeEnd: Uint8Array
  readonly prevKv: boolean
}

export interface DeleteRangeOutcome {
  readonly revision: number
  readonly deleted: number
  readonly prevKvs: readonly KeyValue[]
}

export interface DeleteRangeResponse {
  readonly header: ResponseHeader
  readonly deleted: number
  readonly prevKvs: readonly KeyValue[]
}

export const DELETE_RANGE_DEFAULTS: DeleteRangeRequest = { key: EMPTY, rangeEnd: EMPTY, prevKv: false }

export function readDeleteRangeRequest(
  from: ProtobufReader,
  before: DeleteRangeRequest = DELETE_RANGE_DEFAULTS,
): DeleteRangeRequest {
  let { key, rangeEnd, prevKv } = before
  while (from.more()) {
    const tag = from.tag()
    switch (tag) {
      case bytesTag(1):
        key = from.bytes()
        break
      case bytesTag(2):
        rangeEnd = from.bytes()
        break
      case varintTag(3):
        prevKv = from.bool()
        break
      default:
        from.skip(tag)
    }
  }
  return { key, rangeEnd, prevKv }
}

export function writeDeleteRangeRequest(to: ProtobufWriter, request: DeleteRangeRequest): void {
  to.bytes(1, request.key)
  to.bytes(2, request.rangeEnd)
  to.bool(3, request.prevKv)
}

export function writeDeleteRangeResponse(
  to: ProtobufWriter,
  header: ResponseHeaderParts,
  outcome: DeleteRangeOutcome,
): void {
  writeHeader(to, header)
  writeDeleteRangeOutcome(to, outcome)
}

/** Everything but the header. */
export function writeDeleteRangeOutcome(to: ProtobufWriter, outcome: DeleteRangeOutcome): void {
  to.int64(2, outcome.deleted)
  for (const kv of outcome.prevKvs) writeKeyValue(to, 3, kv)
}

export function readDeleteRangeResponse(
  from: ProtobufReader,
  before?: DeleteRangeResponse,
): DeleteRangeResponse {
  let header = before?.header ?? NO_HEADER
  let deleted = before?.deleted ?? 0
  // What came before was made here, so that it may be added to: copying it for every repetition of the
  // field would take quadratic time.
  const prevKvs = (before?.prevKvs ?? []) as KeyValue[]
  while (from.more()) {
    const tag = from.tag()
    switch (tag) {
      case bytesTag(1):
        header = from.message(readHeader, header)
        break
      case varintTag(2):
        deleted = from.int64()
        break
      case bytesTag(3):
        prevKvs.push(from.message(readKeyValue))
        break
      default:
        from.skip(tag)
    }
  }
  return { header, deleted, prevKvs }
}

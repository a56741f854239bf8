/** `RangeRequest` and `RangeResponse`. */
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

export interface RangeRequest {
  readonly key: Uint8Array
  readonly rangeEnd: Uint8Array
  readonly limit: number
  readonly revision: number
  readonly sortOrder: number
  readonly sortTarget: number
  readonly serializable: boolean
  readonly keysOnly: boolean
  readonly countOnly: boolean
  readonly minModRevision: number
  readonly maxModRevision: number
  readonly minCreateRevision: number
  readonly maxCreateRevision: number
}

/** What a range found. `revision` is the store's, for the header. */
export interface RangeOutcome {
  readonly revision: number
  readonly kvs: readonly KeyValue[]
  readonly more: boolean
  readonly count: number
}

export interface RangeResponse {
  readonly header: ResponseHeader
  readonly kvs: readonly KeyValue[]
  readonly more: boolean
  readonly count: number
}

/** All defaults: the range to start from when most fields stay unset. */
export const RANGE_DEFAULTS: RangeRequest = {
  key: EMPTY,
  rangeEnd: EMPTY,
  limit: 0,
  revision: 0,
  sortOrder: 0,
  sortTarget: 0,
  serializable: false,
  keysOnly: false,
  countOnly: false,
  minModRevision: 0,
  maxModRevision: 0,
  minCreateRevision: 0,
  maxCreateRevision: 0,
}

export function readRangeRequest(from: ProtobufReader, before: RangeRequest = RANGE_DEFAULTS): RangeRequest {
  let { key, rangeEnd, limit, revision, sortOrder, sortTarget, serializable, keysOnly, countOnly } = before
  let { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = before
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
        limit = from.int64()
        break
      case varintTag(4):
        revision = from.int64()
        break
      case varintTag(5):
        sortOrder = from.enumeration()
        break
      case varintTag(6):
        sortTarget = from.enumeration()
        break
      case varintTag(7):
        serializable = from.bool()
        break
      case varintTag(8):
        keysOnly = from.bool()
        break
      case varintTag(9):
        countOnly = from.bool()
        break
      case varintTag(10):
        minModRevision = from.int64()
        break
      case varintTag(11):
        maxModRevision = from.int64()
        break
      case varintTag(12):
        minCreateRevision = from.int64()
        break
      case varintTag(13):
        maxCreateRevision = from.int64()
        break
      default:
        from.skip(tag)
    }
  }
  return {
    key,
    rangeEnd,
    limit,
    revision,
    sortOrder,
    sortTarget,
    serializable,
    keysOnly,
    countOnly,
    minModRevision,
    maxModRevision,
    minCreateRevision,
    maxCreateRevision,
  }
}

export function writeRangeRequest(to: ProtobufWriter, request: RangeRequest): void {
  to.bytes(1, request.key)
  to.bytes(2, request.rangeEnd)
  to.int64(3, request.limit)
  to.int64(4, request.revision)
  to.enumeration(5, request.sortOrder)
  to.enumeration(6, request.sortTarget)
  to.bool(7, request.serializable)
  to.bool(8, request.keysOnly)
  to.bool(9, request.countOnly)
  to.int64(10, request.minModRevision)
  to.int64(11, request.maxModRevision)
  to.int64(12, request.minCreateRevision)
  to.int64(13, request.maxCreateRevision)
}

export function writeRangeResponse(
  to: ProtobufWriter,
  header: ResponseHeaderParts,
  outcome: RangeOutcome,
): void {
  writeHeader(to, header)
  writeRangeOutcome(to, outcome)
}

/** Everything but the header. */
export function writeRangeOutcome(to: ProtobufWriter, outcome: RangeOutcome): void {
  for (const kv of outcome.kvs) writeRangeKeyValue(to, kv)
  writeRangeTotals(to, outcome.more, outcome.count)
}

/** For a response that is written while it is gathered: header, then pairs, then the totals. */
export function writeRangeKeyValue(to: ProtobufWriter, kv: KeyValue): void {
  writeKeyValue(to, 2, kv)
}

export function writeRangeTotals(to: ProtobufWriter, more: boolean, count: number): void {
  to.bool(3, more)
  to.int64(4, count)
}

export function readRangeResponse(from: ProtobufReader, before?: RangeResponse): RangeResponse {
  let header = before?.header ?? NO_HEADER
  let more = before?.more ?? false
  let count = before?.count ?? 0
  // What came before was made here, so that it may be added to: copying it for every repetition of the
  // field would take quadratic time.
  const kvs = (before?.kvs ?? []) as KeyValue[]
  while (from.more()) {
    const tag = from.tag()
    switch (tag) {
      case bytesTag(1):
        header = from.message(readHeader, header)
        break
      case bytesTag(2):
        kvs.push(from.message(readKeyValue))
        break
      case varintTag(3):
        more = from.bool()
        break
      case varintTag(4):
        count = from.int64()
        break
      default:
        from.skip(tag)
    }
  }
  return { header, kvs, more, count }
}

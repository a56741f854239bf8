/** `RangeStreamResponse`: a part of a range's response; the last one has the header and the totals. */
import type { ResponseHeaderParts } from './header.ts'
import { writeHeader } from './header.ts'
import type { KeyValue } from './key-value.ts'
import { bytesTag, type ProtobufReader } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'
import { type RangeResponse, readRangeResponse, writeRangeKeyValue, writeRangeTotals } from './range.ts'

/** What only the last part says. */
export interface RangeEnd {
  readonly header: ResponseHeaderParts
  readonly more: boolean
  readonly count: number
}

export function writeRangeStreamResponse(
  to: ProtobufWriter,
  kvs: readonly KeyValue[],
  end: RangeEnd | undefined,
): void {
  const start = to.begin(1)
  if (end !== undefined) writeHeader(to, end.header)
  for (const kv of kvs) writeRangeKeyValue(to, kv)
  if (end !== undefined) writeRangeTotals(to, end.more, end.count)
  to.end(start)
}

export function readRangeStreamResponse(
  from: ProtobufReader,
  before?: RangeResponse,
): RangeResponse | undefined {
  let response = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) response = from.message(readRangeResponse, response)
    else from.skip(tag)
  }
  return response
}

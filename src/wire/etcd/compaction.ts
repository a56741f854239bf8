/** `CompactionRequest`; the response is a header and no more. */
import { type ProtobufReader, varintTag } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

export interface CompactionRequest {
  readonly revision: number
  /** Wait until what was compacted is gone from the store. */
  readonly physical: boolean
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

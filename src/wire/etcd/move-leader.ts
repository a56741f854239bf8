/** Messages of Maintenance/MoveLeader. The response is empty: etcd fills in no header. */
import { type ProtobufReader, varintTag } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

export interface MoveLeaderRequest {
  readonly targetId: bigint
}

export function readMoveLeaderRequest(
  from: ProtobufReader,
  before: MoveLeaderRequest = { targetId: 0n },
): MoveLeaderRequest {
  let { targetId } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === varintTag(1)) targetId = from.uint64big()
    else from.skip(tag)
  }
  return { targetId }
}

export function writeMoveLeaderRequest(to: ProtobufWriter, request: MoveLeaderRequest): void {
  to.int64big(1, request.targetId)
}

import type { ByteWriter } from '../core/bytes.ts'
import type { GroupId, NodeId } from '../core/ids.ts'
import type { Lane } from '../protocols/consensus.ts'

/**
 * How a group reaches its replicas on other nodes. Everything may be lost, and then is simply not there:
 * no error, no retry. `encode` is called at most once, within the call.
 */
export interface GroupTransport {
  /** A message of the consensus core. */
  send(to: NodeId, lane: Lane, group: GroupId, encode: (to: ByteWriter) => void): void
  /** A part of a snapshot transfer, on a connection of its own so that nothing else waits behind it. */
  sendSnapshot(to: NodeId, group: GroupId, encode: (to: ByteWriter) => void): void
}

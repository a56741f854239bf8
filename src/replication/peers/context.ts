import type { GroupId, NodeId } from '../../core/ids.ts'
import type { Traffic } from '../../core/traffic.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { JoinAnswer, JoinRequest, Refusal } from '../../wire/frame/index.ts'
import type { Complaints } from './complaints.ts'
import type { Identity } from './hello.ts'

/** What the parts of the peer transport need of the outside world. */
export type PeerRuntime = Pick<Runtime, 'clock' | 'random' | 'network' | 'checksum' | 'log'>

/** What the node does with what its peers send, and with what becomes of them. */
export interface PeerHandlers {
  /** A message for a group. The payload is only valid during the call: copy what must stay. */
  message(from: NodeId, group: GroupId, payload: Uint8Array): void
  /**
   * A part of a snapshot transfer, likewise. False pauses what comes on this peer's bulk lane until
   * `resumeBulk`; frames that have arrived already are still handed over.
   */
  snapshot(from: NodeId, group: GroupId, payload: Uint8Array): boolean
  /** After `sendSnapshot` said stop: there is room again, or the connection is gone with what was in it. */
  bulkReady(peer: NodeId): void
  /** What is sent to the peer now has a way: its prompt and its data lane are connected. */
  linkUp(peer: NodeId): void
  /**
   * A prompt or data connection with the peer, in either direction, broke after it had been up: the process
   * at the other end may have died. Said once per loss, however many connections break with it.
   */
  linkLost(peer: NodeId): void
  /** A node that was started to join asks who it is. It is answered once, or not at all. */
  joining?(request: JoinRequest, answer: (answer: JoinAnswer | Refusal) => void): void
  /** A peer says that this node was removed from the cluster. Told each time that it says so. */
  removed?(by: NodeId): void
}

/** What every part of the transport of one node shares. */
export interface PeerContext {
  readonly own: Identity
  readonly runtime: PeerRuntime
  readonly handlers: PeerHandlers
  readonly complaints: Complaints
  readonly traffic: Traffic
}

/**
 * What every election here looks like from outside. An election names a leader; it is no lock, and no consensus: these
 * promise one leader only while nothing is late, and nobody may rely on more. Who needs a leader that is surely the
 * only one needs a quorum and a number that grows (`raft/`), or a lease with a fencing token.
 */
import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import type { NodeId } from '../core/ids.ts'
import type { Core, SendEffect } from '../core/sans-io.ts'

export type ElectionInput<Message> =
  | { readonly kind: 'receive'; readonly from: NodeId; readonly message: Message }
  | { readonly kind: 'deadline' }

export type ElectionEffect<Message> =
  | SendEffect<Message>
  /** Emitted when it changes; `NOBODY` while there is none, or none is known. */
  | { readonly kind: 'leader'; readonly leader: NodeId }

export interface ElectionOptions {
  readonly id: NodeId
  /** Everyone, this node included. */
  readonly members: readonly NodeId[]
  /** A living member's answer is there within this time: twice a message's way and what the other takes to read it. */
  readonly answerMs: number
}

export interface Election<Message> extends Core<ElectionInput<Message>, ElectionEffect<Message>> {
  /** Whom this node takes for the leader; itself, if it leads. */
  readonly leader: NodeId
}

/** An election as a value: `bully`, `ringElection`. */
export interface ElectionProtocol<Message> {
  readonly name: string
  create(options: ElectionOptions): Election<Message>
  encode(message: Message, to: ByteWriter): void
  /** Throws `DecodeError`. */
  decode(from: ByteReader): Message
}

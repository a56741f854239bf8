/**
 * What a member asks of its leader on behalf of its own callers, in any protocol, and how it is told apart from all
 * that it ever asked. `ballot` is that of the leadership which the message belongs to.
 */
import type { Ballot, Index, NodeId, ProposalId } from '../../core/ids.ts'
import type { Membership, Objection } from '../consensus.ts'

/** Names a forward or a read among all that its sender ever made. */
export interface RequestId {
  readonly incarnation: number
  readonly sequence: number
}

export interface ForwardedProposal {
  readonly id: ProposalId
  /** A command, or the context of a change of configuration. */
  readonly command: Uint8Array
  readonly change: Change | undefined
}

/** A change of configuration, but for its context. */
export interface Change {
  readonly membership: Membership
  /** The version that it was made from; absent if that does not matter. */
  readonly basis?: number | undefined
}

/** Asks the leader to hand over. */
export interface TransferRequest {
  readonly type: 'transferRequest'
  readonly ballot: Ballot
  readonly to: NodeId
}

/** Proposals on their way to the leader of `ballot`. */
export interface Forward extends RequestId {
  readonly type: 'forward'
  readonly ballot: Ballot
  readonly proposals: readonly ForwardedProposal[]
}

/** None of the forward's proposals was or will be proposed anywhere. */
export interface ForwardRefused extends RequestId {
  readonly type: 'forwardRefused'
  readonly ballot: Ballot
  /** What there is against the change of configuration that was forwarded. */
  readonly objection: Objection
}

export interface ReadRequest extends RequestId {
  readonly type: 'readRequest'
  readonly ballot: Ballot
}

export interface ReadResponse extends RequestId {
  readonly type: 'readResponse'
  readonly ballot: Ballot
  readonly index: Index
}

export interface ReadRefused extends RequestId {
  readonly type: 'readRefused'
  readonly ballot: Ballot
}

export type RequestMessage =
  | TransferRequest
  | Forward
  | ForwardRefused
  | ReadRequest
  | ReadResponse
  | ReadRefused

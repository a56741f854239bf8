/**
 * What Raft nodes say to each other. The sender is not in the message: the connection knows it. `ballot` is
 * the sender's term, except in a pre-vote's request, where it is the term that the sender would have.
 */
import type { Entry } from '../../core/entry.ts'
import type { Ballot, Index } from '../../core/ids.ts'
import type { LogBase } from '../../core/log-update.ts'
import type { RequestMessage } from '../replica/request.ts'
import type { LogPosition } from './promise.ts'

/** AppendEntries (Raft §5.3). */
export interface Append {
  readonly type: 'append'
  readonly ballot: Ballot
  /** How often in this term the leader has been asked by somebody who may have forgotten (`inquiries.ts`). */
  readonly epoch: number
  readonly previousIndex: Index
  readonly previousBallot: Ballot
  readonly commit: Index
  readonly entries: readonly Entry[]
}

/** The sender's log equals the leader's up to `match`, durably. */
export interface AppendAccepted {
  readonly type: 'appendAccepted'
  readonly ballot: Ballot
  /** The newest that the leader has told: it says whether the sender may have forgotten since (`inquiries.ts`). */
  readonly epoch: number
  readonly incarnation: number
  readonly match: Index
}

/**
 * The entry before the append at `rejected` was missing or another one. The hint is the last position of
 * the sender's log that may still agree with the leader's (Raft §5.3, "fast back-up").
 */
export interface AppendRejected {
  readonly type: 'appendRejected'
  readonly ballot: Ballot
  /** As in `AppendAccepted`. */
  readonly epoch: number
  readonly incarnation: number
  readonly rejected: Index
  readonly hintIndex: Index
  readonly hintBallot: Ballot
}

/** Tells a follower the commit index, when there is nothing else to send. Not answered. */
export interface Commit {
  readonly type: 'commit'
  readonly ballot: Ballot
  /** At most what the follower is known to have. */
  readonly commit: Index
  /** The term of the entry there: whose log has it so, has everything before it as the leader has. */
  readonly commitBallot: Ballot
}

export interface Heartbeat {
  readonly type: 'heartbeat'
  readonly ballot: Ballot
  /** As in `Commit`. */
  readonly commit: Index
  readonly commitBallot: Ballot
  /** The newest read round that the leader has begun (thesis §6.4). */
  readonly round: number
}

export interface HeartbeatResponse {
  readonly type: 'heartbeatResponse'
  readonly ballot: Ballot
  readonly round: number
}

/** RequestVote (Raft §5.2), or the question whether one would be granted (thesis §9.6). */
export interface VoteRequest {
  readonly type: 'voteRequest'
  readonly ballot: Ballot
  /** Of the sender; returned with the answer, so that it counts for this start of the candidate alone. */
  readonly incarnation: number
  readonly pre: boolean
  /** The leader itself asked for this election: the leases of those who follow it do not hold. */
  readonly transfer: boolean
  readonly lastIndex: Index
  readonly lastBallot: Ballot
}

export interface VoteResponse {
  readonly type: 'voteResponse'
  readonly ballot: Ballot
  /** The ballot of the request, and the incarnation. */
  readonly requested: Ballot
  readonly incarnation: number
  readonly pre: boolean
  readonly granted: boolean
}

/** The leader wants the receiver to campaign at once (thesis §3.10). */
export interface TimeoutNow {
  readonly type: 'timeoutNow'
  readonly ballot: Ballot
}

/** The follower needs what the leader's log no longer holds: a state at `base` or later can be fetched. */
export interface SnapshotOffer {
  readonly type: 'snapshotOffer'
  readonly ballot: Ballot
  /** As in `Append`. */
  readonly epoch: number
  readonly base: LogBase
}

/** From a node that may have lost what it promised or acknowledged (see `inquiries.ts`). */
export interface Inquiry {
  readonly type: 'inquiry'
  readonly ballot: Ballot
  readonly incarnation: number
  /** The receiver shall move on to `ballot` before it answers. */
  readonly fence: boolean
}

export interface InquiryResponse {
  readonly type: 'inquiryResponse'
  readonly ballot: Ballot
  readonly incarnation: number
  /** False if the sender itself may have forgotten something. */
  readonly certain: boolean
  /** Whether the group has ever had an entry, as far as the sender knows. */
  readonly begun: boolean
  readonly lastIndex: Index
  readonly lastBallot: Ballot
  /** What the sender once held beyond that, and has not been given back yet; or zeros. */
  readonly floor: LogPosition
  /** In force at the end of the sender's log. */
  readonly configuration: Uint8Array
}

export type RaftMessage =
  | Append
  | AppendAccepted
  | AppendRejected
  | Commit
  | Heartbeat
  | HeartbeatResponse
  | VoteRequest
  | VoteResponse
  | TimeoutNow
  | SnapshotOffer
  | Inquiry
  | InquiryResponse
  | RequestMessage

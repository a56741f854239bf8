/**
 * What members say to each other. The sender is not in the message: the connection knows it. `ballot` is that of the
 * attempt or of the leadership that the message belongs to; of an answer it is the ballot that was asked about.
 */
import type { Entry } from '../../../core/entry.ts'
import type { Ballot, Index } from '../../../core/ids.ts'
import type { RequestMessage } from '../../replica/request.ts'
import type { Report } from './report.ts'
import type { Run } from './slot-set.ts'

/** Would you promise this ballot? Nothing is promised yet: whoever cannot win disturbs nobody. */
export interface Canvass {
  readonly type: 'canvass'
  readonly ballot: Ballot
  /** Of the sender; returned with the answer, so that it counts for this start of the proposer alone. */
  readonly incarnation: number
  readonly chosen: Index
}

export interface Canvassed {
  readonly type: 'canvassed'
  readonly ballot: Ballot
  readonly incarnation: number
  readonly granted: boolean
  /** The sender's highest: the next attempt has to go beyond it. */
  readonly promised: Ballot
}

/** Phase 1a, for all slots from `from` on. */
export interface Prepare {
  readonly type: 'prepare'
  readonly ballot: Ballot
  readonly incarnation: number
  readonly from: Index
  /** The leader itself asked for this attempt: the leases of those who follow it do not hold. */
  readonly isTransfer: boolean
}

/** Phase 1b. */
export interface PromiseMessage {
  readonly type: 'promise'
  readonly ballot: Ballot
  readonly incarnation: number
  /** Up to here the sender may have accepted what it forgot: there it speaks for nobody (`inquiries.ts`). */
  readonly floor: Index
  readonly report: Report
}

/** The sender has promised a higher ballot, or follows a leader whom it hears. */
export interface Rejected {
  readonly type: 'rejected'
  readonly ballot: Ballot
  readonly promised: Ballot
  readonly isLoyal: boolean
}

/** Phase 2a, of several slots; also tells what is chosen. */
export interface Accept {
  readonly type: 'accept'
  readonly ballot: Ballot
  readonly chosen: Index
  /** All of this ballot, by slot; there may be gaps. */
  readonly entries: readonly Entry[]
}

/** Phase 2b: durably. */
export interface Accepted {
  readonly type: 'accepted'
  readonly ballot: Ballot
  readonly runs: readonly Run[]
}

/** The leader lives; and, of a new round, a question whether the receiver has promised anything higher. */
export interface Beat {
  readonly type: 'beat'
  readonly ballot: Ballot
  readonly chosen: Index
  /** The newest round of reads that the leader has begun. */
  readonly round: number
}

export interface BeatAnswer {
  readonly type: 'beatAnswer'
  readonly ballot: Ballot
  readonly round: number
  /** How far the sender knows what is chosen. */
  readonly chosen: Index
}

/** What is chosen, when there is nothing else to send. Not answered. */
export interface Chosen {
  readonly type: 'chosen'
  readonly ballot: Ballot
  readonly chosen: Index
}

/** Tell me what was chosen from this slot on. */
export interface Learn {
  readonly type: 'learn'
  readonly ballot: Ballot
  readonly from: Index
}

export interface Learned {
  readonly type: 'learned'
  readonly ballot: Ballot
  /** Chosen, from the slot asked for on, without gaps. */
  readonly entries: readonly Entry[]
}

/** The sender's log begins behind what was asked for: a state at `index` or later can be fetched. */
export interface SnapshotOffer {
  readonly type: 'snapshotOffer'
  readonly ballot: Ballot
  readonly index: Index
}

/** The leader wants the receiver to take over at once. */
export interface HandOver {
  readonly type: 'handOver'
  readonly ballot: Ballot
}

/** From a node that may have lost what it promised or accepted (see `inquiries.ts`). */
export interface Inquiry {
  readonly type: 'inquiry'
  /** The fence, which the receiver is to promise before it answers; 0 as long as there is none. */
  readonly ballot: Ballot
  readonly incarnation: number
  /** Where the page of the report begins that it asks for. */
  readonly from: Index
}

export interface InquiryAnswer {
  readonly type: 'inquiryAnswer'
  /** The highest that the sender has promised. */
  readonly ballot: Ballot
  readonly incarnation: number
  /** False if the sender itself may have forgotten something. */
  readonly isCertain: boolean
  /** Whether the group has ever had an entry, as far as the sender knows. */
  readonly hasBegun: boolean
  /** As in a promise. */
  readonly floor: Index
  /** Of the newest configuration that the sender knows to be chosen. */
  readonly configuration: Uint8Array
  readonly report: Report
}

export type PaxosMessage =
  | Canvass
  | Canvassed
  | Prepare
  | PromiseMessage
  | Rejected
  | Accept
  | Accepted
  | Beat
  | BeatAnswer
  | Chosen
  | Learn
  | Learned
  | SnapshotOffer
  | HandOver
  | Inquiry
  | InquiryAnswer
  | RequestMessage

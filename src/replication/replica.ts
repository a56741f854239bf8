import type { QuorateError } from '../core/errors.ts'
import type { Index, NodeId } from '../core/ids.ts'
import type { ClusterTime, Instant } from '../core/time.ts'
import type { ConsensusStatus, GroupConfiguration, Standing } from '../protocols/consensus.ts'
import type { StorePin, StoreView } from '../runtime/store.ts'
import type { ConfigurationChange } from './proposals.ts'

/** What services see of a group: one replicated object, whichever protocol and state machine make it. */
export interface Replica<Result> {
  /**
   * Replicates a command; the bytes belong to the group from now on. `done` comes exactly once: with the
   * result after this node applied it, or with an error whose outcome says refused or unknown.
   */
  propose(command: Uint8Array, deadline: Instant, done: (outcome: ProposalOutcome<Result>) => void): void
  /** As `propose`, for what the node itself has to have done: it finds room where callers are refused. */
  proposeOwn(command: Uint8Array, deadline: Instant, done: (outcome: ProposalOutcome<Result>) => void): void
  /**
   * Calls back once `view` contains everything that was committed when this was called (a linearizable read),
   * with null, or with the reason why that cannot be had. What the caller reads it reads within the call.
   */
  read(deadline: Instant, done: (refusal: QuorateError | null) => void): void
  /** The applied state, as it is now. */
  readonly view: StoreView
  /** A consistent view for long reads; release it. */
  pin(): StorePin
  status(): ReplicaStatus
  /**
   * What the cluster's time is by now, as far as this node can tell. On a leader that has applied an entry of its own
   * it is never ahead of what the next entry will be stamped with; elsewhere it may be, while nobody leads.
   */
  clusterTime(): ClusterTime
  /** Bytes of keys and values in the store. */
  sizeBytes(): number
  /**
   * Changes who takes part, and what is known with it; answered as a proposal is. Refused with
   * `QUORATE_CONFIGURATION_OUTDATED` if another configuration than the one of `basis` is in force by then.
   */
  reconfigure(
    change: ConfigurationChange,
    context: Uint8Array,
    deadline: Instant,
    done: (outcome: ProposalOutcome<undefined>) => void,
  ): void
  /** The newest configuration that this node has applied. */
  readonly configuration: GroupConfiguration
  /** Asks the leader to hand over to `to`; shows in `status`, if it works. */
  transferLeader(to: NodeId): void
  /** Calls back each time when the leader or the ballot changes, until the returned function is called. */
  onRole(changed: () => void): () => void
  /** Calls back when the state machine has no housekeeping left (etcd's "physical" compaction). */
  swept(done: () => void): void
}

/** The one answer to a proposal. */
export type ProposalOutcome<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'failed'; readonly error: QuorateError }

/** What the core says of itself, and how far this node has applied. */
export interface ReplicaStatus extends ConsensusStatus {
  readonly appliedIndex: Index
  /** What of its promises this node can vouch for. */
  readonly standing: Standing
}

/** Codes of the errors that a replica answers with. */
export const ReplicaErrors = {
  /** Refused: no leader was found before the deadline. */
  noLeader: 'QUORATE_NO_LEADER',
  /** Unknown: the leader that had the proposal was lost, or the deadline passed. */
  outcomeUnknown: 'QUORATE_OUTCOME_UNKNOWN',
  /** Refused: a read's deadline passed; or, for a proposal, before it reached a leader. */
  timeout: 'QUORATE_TIMEOUT',
  /** Refused: too much is waiting already. */
  overloaded: 'QUORATE_OVERLOADED',
  /** Refused: a change was made from a configuration that is in force no longer. */
  configurationOutdated: 'QUORATE_CONFIGURATION_OUTDATED',
  /** Refused: a learner that is to vote lacks too much of the log. */
  learnerBehind: 'QUORATE_LEARNER_BEHIND',
  /** Refused: without voters, or with somebody in two roles. */
  configurationInvalid: 'QUORATE_CONFIGURATION_INVALID',
  /** Refused: the node is stopping. */
  stopping: 'QUORATE_STOPPING',
  /** Refused at the start: the store is older than the point from which the log continues. */
  storeBehindLog: 'QUORATE_STORE_BEHIND_LOG',
  /** The node stops: the disk failed while the store was made durable. */
  checkpointFailed: 'QUORATE_CHECKPOINT_FAILED',
} as const

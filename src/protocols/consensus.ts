/**
 * What every consensus protocol here looks like from outside: Raft, Multi-Paxos, single-decree Paxos.
 * A group (`replication/`) drives one through this interface and does not know which. The vocabulary is
 * neutral: a *ballot* is Raft's term, an *index* is Paxos's slot.
 *
 * Promises to the group:
 * - `committed` entries come in ascending index order without gaps, each once per incarnation (starting
 *   behind what the store had applied), and only once they are durable on this node.
 * - A `send` with `after` leaves only when everything up to that token is durable here.
 * - Every proposal is answered by exactly one of: a committed entry that carries its `origin` and id,
 *   `dropped` as refused (no log of any node will ever commit it), `dropped` as unknown (it may yet be).
 * - Every read is answered by `readable` or `unreadable`. A `readable` index covers everything that was
 *   committed when the read arrived, by a quorum round that began after it arrived.
 */
import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import type { Entry } from '../core/entry.ts'
import type { FailedOutcome } from '../core/errors.ts'
import type { Gauge } from '../core/gauge.ts'
import type { Ballot, Index, NodeId, ProposalId, ReadId, Token } from '../core/ids.ts'
import type { Doubt, LogBase, LogUpdate, RecoveredLog } from '../core/log-update.ts'
import type { Random } from '../core/prng.ts'
import type { Core, PersistEffect, SendEffect } from '../core/sans-io.ts'

export interface Proposal {
  readonly id: ProposalId
  readonly command: Uint8Array
}

/** Who takes part. Voters and learners are disjoint and sorted. */
export interface Membership {
  readonly voters: readonly NodeId[]
  readonly learners: readonly NodeId[]
}

/** Who takes part, and what the group wanted to be known with it. */
export interface GroupConfiguration {
  readonly membership: Membership
  /** Given with the change that made it; the protocol carries it, and reads nothing in it. */
  readonly context: Uint8Array
  /** How many changes there have been since the group began. */
  readonly version: number
  /**
   * Who is no member by it any more, and without whom the others may not be able to go on yet: their nodes stay.
   * Absent: nobody.
   */
  readonly leaving?: readonly NodeId[]
}

/**
 * Why a change of configuration was refused. `busy`: not now; another one is under way, or there is no leader that
 * knows what is committed. `outdated`: made from another configuration than the one in force. `behind`: a learner
 * that is to vote lacks too much of the log. `invalid`: it makes no configuration.
 */
export type Objection = 'busy' | 'outdated' | 'behind' | 'invalid'

export type ConsensusInput<Message> =
  | { readonly kind: 'receive'; readonly from: NodeId; readonly message: Message }
  | { readonly kind: 'propose'; readonly proposals: readonly Proposal[] }
  /** One id may stand for any number of the group's readers. */
  | { readonly kind: 'read'; readonly id: ReadId }
  /**
   * Asks for a new configuration; answered like a proposal, a refusal with an objection. `basis` is the
   * version that the change was made from: if another one is in force, it is outdated. Absent: it does not matter.
   */
  | {
      readonly kind: 'reconfigure'
      readonly id: ProposalId
      readonly membership: Membership
      readonly context: Uint8Array
      readonly basis?: number | undefined
    }
  | { readonly kind: 'transferLeader'; readonly to: NodeId }
  /** Everything up to and including this token is durable. */
  | { readonly kind: 'persisted'; readonly token: Token }
  /**
   * The group has applied everything up to here; bounds how many `committed` entries are outstanding. It may
   * come along with the next input, unless the core said that it awaits it.
   */
  | { readonly kind: 'applied'; readonly index: Index }
  /** Answers `load`: consecutive entries from `from`; empty if the log no longer holds `from`. */
  | { readonly kind: 'loaded'; readonly from: Index; readonly entries: readonly Entry[] }
  /** The store has become durable up to `base`; the core decides what the log may forget. */
  | { readonly kind: 'checkpointed'; readonly base: LogBase }
  /** Answers `installSnapshot`: the store now durably holds exactly the state at `base`. */
  | { readonly kind: 'installed'; readonly base: LogBase }
  | { readonly kind: 'installFailed'; readonly index: Index }
  /** A connection to the peer broke: a hint that its process may have died, never a proof. */
  | { readonly kind: 'linkLost'; readonly peer: NodeId }
  | { readonly kind: 'deadline' }

export type ConsensusEffect<Message> =
  | PersistEffect<LogUpdate>
  | SendEffect<Message>
  /** Entries `from` <= index < `to`, at most `bytesMax` of them but at least one; at most one load at a time. */
  | { readonly kind: 'load'; readonly from: Index; readonly to: Index; readonly bytesMax: number }
  /** Apply in this order. `awaited`: nothing further is handed out before `applied` has said so. */
  | { readonly kind: 'committed'; readonly entries: readonly Entry[]; readonly awaited: boolean }
  | { readonly kind: 'readable'; readonly ids: readonly ReadId[]; readonly index: Index }
  /** No quorum could be asked (no leader, leadership lost): the reads were not served. */
  | { readonly kind: 'unreadable'; readonly ids: readonly ReadId[] }
  /** With an objection: what there is against a change of configuration that was refused. */
  | {
      readonly kind: 'dropped'
      readonly ids: readonly ProposalId[]
      readonly outcome: FailedOutcome
      readonly objection?: Objection
    }
  /** Fetch from `from` a snapshot at `index` or later and switch the store to it. At most one at a time. */
  | { readonly kind: 'installSnapshot'; readonly from: NodeId; readonly index: Index }
  /** Emitted when any of the three changes. */
  | { readonly kind: 'role'; readonly role: Role; readonly leader: NodeId; readonly ballot: Ballot }
  /** Emitted when it changes; until then the node is whole. */
  | { readonly kind: 'standing'; readonly standing: Standing }
  /**
   * The configuration in force changed (in Raft: when appended, not when committed). For dialling peers: `members` are
   * all that take part, those included who leave with the change under way.
   */
  | {
      readonly kind: 'membership'
      readonly members: readonly NodeId[]
      readonly configuration: GroupConfiguration
      /** Its bytes: what a member that joins may be told. */
      readonly data: Uint8Array
    }

/** What of its promises a node can vouch for. */
export type Standing =
  | { readonly kind: 'whole' }
  /**
   * It takes no part before others have told it what its disk may lack: those `awaited` have not, or not for certain.
   * `isStuck`: it has been waiting for them for long.
   */
  | {
      readonly kind: 'asking'
      readonly doubt: Doubt
      readonly isStuck: boolean
      readonly awaited: readonly NodeId[]
    }
  /** It takes part, and does not vote for logs that lack what it may have held, up to here. */
  | { readonly kind: 'catchingUp'; readonly index: Index }
  /**
   * Its leader was told by this very member that it holds everything up to here; it does not, and its disk knows of no
   * loss. So the disk is an older copy, or has lost a write without a trace.
   */
  | { readonly kind: 'forgetful'; readonly index: Index }

export type Role = 'follower' | 'candidate' | 'leader' | 'learner'

export interface ConsensusStatus {
  readonly role: Role
  /** `NOBODY` when none is known. */
  readonly leader: NodeId
  readonly ballot: Ballot
  readonly commitIndex: Index
  readonly lastIndex: Index
  readonly membership: Membership
}

export interface Consensus<Message> extends Core<ConsensusInput<Message>, ConsensusEffect<Message>> {
  status(): ConsensusStatus
  /** What it may have forgotten of what it promised; while that is anything, it takes no part. */
  readonly doubt?: Doubt
  /** How full its queues are; of one that tells. */
  gauges?(): readonly Gauge[]
}

export interface ConsensusOptions {
  readonly id: NodeId
  readonly random: Random
  readonly recovered: RecoveredLog
  /**
   * What the store holds. The store may be behind the log (the rest is committed anew) or ahead of it (it
   * crashed after an install and before the log heard of it; then the log restarts at `applied`).
   */
  readonly applied: LogBase
  readonly heartbeatIntervalMs: number
  /** The base of the randomised timeout: each wait is drawn from [1, 2) times this. */
  readonly electionTimeoutMs: number
  /** How many entries behind a checkpoint stay in the log for slow followers. */
  readonly catchUpEntries: number
}

/**
 * Which connection a message takes: `prompt` for what must never wait behind data (heartbeats, votes, read
 * rounds), `data` for the log. Within a lane messages keep their order unless a connection breaks.
 */
export type Lane = 'prompt' | 'data'

/** A consensus protocol as a value: `raft`, `paxos`. */
export interface ConsensusProtocol<Message> {
  readonly name: string
  create(options: ConsensusOptions): Consensus<Message>
  /** The configuration of a group that starts with this membership, for `LogBase.configuration`. */
  bootstrap(membership: Membership, context?: Uint8Array): Uint8Array
  /**
   * Reads a configuration entry's data; of no data, nobody. Throws `DecodeError`.
   *
   * @param applied how far its reader has applied the log: by that it is known who is still leaving
   */
  readConfiguration(data: Uint8Array, applied: Index): GroupConfiguration
  /**
   * What makes a member of a group whose majority is lost for good the only voter of what its log holds, once it is
   * durable there. Absent: the protocol cannot do that.
   *
   * @param alone makes the context of that configuration from the one in force
   */
  standAlone?(
    recovered: RecoveredLog,
    applied: LogBase,
    self: NodeId,
    alone: (current: GroupConfiguration) => Uint8Array,
  ): { readonly update: LogUpdate; readonly current: GroupConfiguration }
  encode(message: Message, to: ByteWriter): void
  /** Throws `DecodeError`; entry data are views of the reader's bytes. */
  decode(from: ByteReader): Message
  lane(message: Message): Lane
}

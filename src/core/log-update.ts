import type { Entry } from './entry.ts'
import type { Ballot, Index } from './ids.ts'
import type { ClusterTime } from './time.ts'

/**
 * What a consensus core asks its log to make durable, and what the log gives back after a restart. The log
 * stands below the protocols, so promises and configurations are opaque bytes to it.
 */
export interface LogUpdate {
  /** Replaces the group's promise: what the node must not forget about ballots and votes. */
  readonly promise?: Uint8Array | undefined
  /** Forget every entry at and above this index. Happens before `writes`. */
  readonly truncateFrom?: Index | undefined
  /** Entries to store, in any order and with gaps (Multi-Paxos); the last write to an index wins. */
  readonly writes?: readonly Entry[] | undefined
  /** The store durably holds everything up to here: entries at and below it may be forgotten. */
  readonly base?: LogBase | undefined
}

/** The point from which a log continues: everything at and below it lives in the store (or is nothing). */
export interface LogBase {
  readonly index: Index
  /** Of the entry at `index`; with Multi-Paxos the ballot whose leader's time counts there (`ballotBehind`). */
  readonly ballot: Ballot
  readonly time: ClusterTime
  /**
   * The data of the newest `configuration` entry at or below `index`, or what the group was bootstrapped
   * with. Empty on a node that has yet to be told of any configuration.
   */
  readonly configuration: Uint8Array
}

/**
 * What a log may lack of what its node promised and acknowledged; from little to much, and their places are the
 * numbers that stand for them on disk:
 *
 * - `none`: nothing.
 * - `tail`: the last batch was damaged. It was torn by a crash and never acknowledged, or it has rotted.
 * - `new`: nothing or all of it: the log was begun in an empty directory, of a new member or of one that lost its disk.
 * - `lost`: anything: the log was begun anew in the place of one that was damaged.
 */
export const DOUBTS = ['none', 'tail', 'new', 'lost'] as const

/** One of them. */
export type Doubt = (typeof DOUBTS)[number]

/** The graver of the two. */
export function graverDoubt(one: Doubt, other: Doubt): Doubt {
  return DOUBTS.indexOf(one) < DOUBTS.indexOf(other) ? other : one
}

/** One group's log as found on disk. */
export interface RecoveredLog {
  readonly promise: Uint8Array | undefined
  /** Absent if the group never wrote a base. */
  readonly base: LogBase | undefined
  /** Entries above the base, by ascending index, one per index. Multi-Paxos may leave gaps. */
  readonly entries: readonly Entry[]
  /**
   * The node must neither vote nor acknowledge until the others have told it what it may lack. Reported at every
   * start until the group has made a promise durable: from then on it is the promise that has to remember.
   */
  readonly doubt: Doubt
}

/**
 * Every bound of the Multi-Paxos core, in one place. Tests and the simulator shrink them to reach corners sooner; none
 * of them may be needed for safety, but for `ALPHA`, which is part of every configuration and so the same for all.
 */
import { REPLICA_LIMITS, type ReplicaLimits } from '../../replica/limits.ts'

/**
 * So many slots may be open at a time. What is chosen in a slot decides who votes from this many slots further on; so
 * a proposer must know what was chosen so far behind.
 */
export const ALPHA = 512

export interface PaxosLimits extends ReplicaLimits {
  /** In one message that asks for acceptance; one proposal always fits. */
  readonly acceptBytesMax: number
  readonly acceptEntriesMax: number
  /** Of accepted proposals in one page of a promise, and of chosen ones in an answer to a learner; one always fits. */
  readonly pageBytesMax: number
  /** Chosen entries kept in memory, as the log writes them. Older ones are loaded when somebody has to learn them. */
  readonly windowBytesMax: number
  /** What an acceptor holds of slots of which it does not know what is chosen; beyond, it accepts nothing more. */
  readonly openBytesMax: number
  /** What a leader takes without having got it chosen; beyond, proposals are refused. */
  readonly unchosenBytesMax: number
  /** How far the log may grow behind a checkpoint while a member installs a snapshot. */
  readonly snapshotHoldEntriesMax: number
  /** After a lost link to the leader: the canvass starts within this time. */
  readonly linkLostJitterMs: number
  /** How long the news of what is chosen may wait for a message to travel with; 0: not at all. */
  readonly chosenNoticeMs: number
  /** How long a member that holds nothing waits for those who could tell it that the group has begun. */
  readonly newGroupWaitMs: number
}

const MIB = 1024 * 1024

export const PAXOS_LIMITS: PaxosLimits = {
  ...REPLICA_LIMITS,
  acceptBytesMax: MIB,
  acceptEntriesMax: 4096,
  pageBytesMax: MIB,
  windowBytesMax: 8 * MIB,
  openBytesMax: 128 * MIB,
  unchosenBytesMax: 64 * MIB,
  snapshotHoldEntriesMax: 500_000,
  linkLostJitterMs: 5,
  chosenNoticeMs: 2,
  newGroupWaitMs: 3000,
}

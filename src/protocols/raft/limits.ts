import { REPLICA_LIMITS, type ReplicaLimits } from '../replica/limits.ts'

/**
 * Every bound of the Raft core, in one place. Tests and the simulator shrink them to reach corners sooner;
 * none of them may be needed for safety.
 */
export interface RaftLimits extends ReplicaLimits {
  /** Entries' bytes in one append message; one entry always fits. */
  readonly appendBytesMax: number
  readonly appendEntriesMax: number
  /**
   * Entries kept in memory, as the log writes them; as objects they take about twice as much. Older ones are loaded
   * from the log when a slow follower needs them.
   */
  readonly windowBytesMax: number
  /** What a leader accepts without having committed it; beyond, proposals are refused. */
  readonly uncommittedBytesMax: number
  /** How far the log may grow behind a checkpoint while a follower installs a snapshot. */
  readonly snapshotHoldEntriesMax: number
  /** After a lost link to the leader: the pre-vote starts within this time. */
  readonly linkLostJitterMs: number
  /** How long the news of what is committed may wait for an append to travel with; 0: not at all. */
  readonly commitNoticeMs: number
  /** How long a member that holds nothing waits for those who could tell it that the group has begun. */
  readonly newGroupWaitMs: number
}

const KIB = 1024
const MIB = 1024 * KIB

/** What a node uses that serves people. */
export const RAFT_LIMITS: RaftLimits = {
  ...REPLICA_LIMITS,
  appendBytesMax: MIB,
  appendEntriesMax: 4096,
  windowBytesMax: 8 * MIB,
  uncommittedBytesMax: 64 * MIB,
  snapshotHoldEntriesMax: 500_000,
  linkLostJitterMs: 5,
  commitNoticeMs: 2,
  newGroupWaitMs: 3000,
}

/**
 * Every bound of the Raft core, in one place. Tests and the simulator shrink them to reach corners sooner;
 * none of them may be needed for safety.
 */
export interface RaftLimits {
  /** Entries' bytes in one append message; one entry always fits. */
  readonly appendBytesMax: number
  readonly appendEntriesMax: number
  /** Appends on their way to one follower, not yet answered. */
  readonly inflightMessagesMax: number
  readonly inflightBytesMax: number
  /**
   * Entries kept in memory, as the log writes them; as objects they take about twice as much. Older ones are loaded
   * from the log when a slow follower needs them.
   */
  readonly windowBytesMax: number
  /** `committed` entries that the group has not reported as applied. */
  readonly applyEntriesMax: number
  readonly applyBytesMax: number
  /** What a leader accepts without having committed it; beyond, proposals are refused. */
  readonly uncommittedBytesMax: number
  /** Batches of reads that wait for a round, or for the leader's first commit. */
  readonly heldReadsMax: number
  /** Read rounds that are being confirmed at the same time. */
  readonly readRoundsMax: number
  /** Commands in one message to the leader. */
  readonly forwardBytesMax: number
  readonly forwardEntriesMax: number
  /** Forwarded proposals whose fate is not known yet; beyond, proposals are refused. */
  readonly forwardedEntriesMax: number
  readonly forwardedBytesMax: number
  /** Forwards which overtook others, per origin; beyond, the overtaken ones are never taken. */
  readonly forwardGapsMax: number
  /** Lives of one origin whose forwards a leader tells apart; to one with more it does not listen. */
  readonly forwardLivesMax: number
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

export const RAFT_LIMITS: RaftLimits = {
  appendBytesMax: MIB,
  appendEntriesMax: 4096,
  inflightMessagesMax: 128,
  inflightBytesMax: 8 * MIB,
  windowBytesMax: 8 * MIB,
  applyEntriesMax: 1024,
  applyBytesMax: MIB,
  uncommittedBytesMax: 64 * MIB,
  heldReadsMax: 4096,
  readRoundsMax: 4,
  forwardBytesMax: MIB,
  forwardEntriesMax: 4096,
  forwardedEntriesMax: 65_536,
  forwardedBytesMax: 64 * MIB,
  forwardGapsMax: 256,
  forwardLivesMax: 16,
  snapshotHoldEntriesMax: 500_000,
  linkLostJitterMs: 5,
  commitNoticeMs: 2,
  newGroupWaitMs: 3000,
}

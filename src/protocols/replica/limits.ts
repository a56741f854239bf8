/** Bounds of what both replicated logs have in common: forwards, reads, and what is handed out to be applied. */
export interface ReplicaLimits {
  /** Messages with entries on their way to one follower, not yet answered. */
  readonly inflightMessagesMax: number
  readonly inflightBytesMax: number
  /** `committed` entries that the group has not reported as applied. */
  readonly applyEntriesMax: number
  readonly applyBytesMax: number
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
}

const MIB = 1024 * 1024

export const REPLICA_LIMITS: ReplicaLimits = {
  inflightMessagesMax: 128,
  inflightBytesMax: 8 * MIB,
  applyEntriesMax: 1024,
  applyBytesMax: MIB,
  heldReadsMax: 4096,
  readRoundsMax: 4,
  forwardBytesMax: MIB,
  forwardEntriesMax: 4096,
  forwardedEntriesMax: 65_536,
  forwardedBytesMax: 64 * MIB,
  forwardGapsMax: 256,
  forwardLivesMax: 64,
}

/** So often a member in doubt asks those whose answers are missing; then all again, and the silent may be given up. */
export const ROUNDS_OF_PATIENCE = 3

import { RAFT_LIMITS, type RaftLimits } from '../limits.ts'

/** Small, so that every bound is met. */
export const TIGHT: RaftLimits = {
  ...RAFT_LIMITS,
  appendBytesMax: 400,
  appendEntriesMax: 4,
  inflightMessagesMax: 3,
  windowBytesMax: 600,
  applyEntriesMax: 5,
  applyBytesMax: 400,
  uncommittedBytesMax: 1500,
  heldReadsMax: 8,
  readRoundsMax: 2,
  forwardEntriesMax: 3,
  forwardedEntriesMax: 12,
  forwardGapsMax: 4,
  snapshotHoldEntriesMax: 30,
}

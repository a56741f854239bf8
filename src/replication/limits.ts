/** What a group holds at most. */

/** What may wait; whoever comes on top is refused at once. Tests and the simulator hand in smaller ones. */
export interface GroupLimits {
  /** Proposals that are waiting for a leader or for their result. */
  readonly pendingProposalsMax: number
  /** Bytes of commands among them. */
  readonly pendingProposalBytesMax: number
  /** Linearizable reads that are waiting for their round or for the state to catch up. */
  readonly pendingReadsMax: number
}

export const GROUP_LIMITS: GroupLimits = {
  pendingProposalsMax: 20_000,
  pendingProposalBytesMax: 128 * 1024 * 1024,
  pendingReadsMax: 50_000,
}

/**
 * On top of those: what the node itself has to have done (a lease that is over, an alarm, a change of the members), so
 * that no crowd of callers keeps it from that. It has a few such things at a time.
 */
export const OWN_PROPOSALS_ON_TOP = 32
export const OWN_PROPOSAL_BYTES_ON_TOP = 1024 * 1024

/** How long a refused proposal or read waits before it is tried again, unless a leader appears earlier. */
export const RETRY_DELAY_MS = 10

/** How often deadlines are looked at while anything is pending. */
export const DEADLINE_SWEEP_MS = 20

/** What a store may come to hold in memory beyond its limit: what was agreed on is applied, a hand-out at a time. */
export const APPLIED_BYTES_ON_TOP_MAX = 8 * 1024 * 1024

/** Messages that came in are copied into slabs of this size. */
export const INBOX_SLAB_BYTES = 64 * 1024

/** A snapshot chunk ends after the pair that passes this size. */
export const SNAPSHOT_CHUNK_BYTES = 256 * 1024

/** Chunks that a receiver asks for ahead of what it has stored. */
export const SNAPSHOT_WINDOW_CHUNKS = 4

/** Snapshots that one group sends at the same time; more are refused, and asked for again later. */
export const SNAPSHOT_SENDS_MAX = 4

/**
 * Bytes that a group sends of all its snapshots together. Nobody waits for a snapshot who could be served without it,
 * so it yields to those who are served. CockroachDB sends as much by default (`kv.snapshot_rebalance.max_rate`).
 */
export const SNAPSHOT_BYTES_PER_SECOND = 32 * 1024 * 1024

/** A transfer without any progress for this long is given up by either side. */
export const SNAPSHOT_IDLE_MS = 5_000

/** A checkpoint that failed (a full disk) is tried again after this. */
export const CHECKPOINT_RETRY_MS = 5_000

/** How often a receiver whose disk is slow tells the sender that it still wants the rest. */
export const SNAPSHOT_KEEPALIVE_MS = SNAPSHOT_IDLE_MS / 4

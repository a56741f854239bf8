/** Bounds of the accrual failure detector. */

/** Intervals between heartbeats that are remembered of each peer: the paper's window. */
export const INTERVALS_MAX = 1000

/** Between the look that finds a silence too long and the one that says so: what waits in sockets is read meanwhile. */
export const SECOND_LOOK_MS = 20

/** Peers that one detector watches. */
export const PEERS_MAX = 10_000

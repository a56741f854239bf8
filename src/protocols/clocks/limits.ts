/** Bounds of the clocks. A vector is as large as the number of nodes that ever wrote; `prune` and `forget` cut it. */

/** Versions of one thing that nobody has reconciled: a replica that holds as many takes no write beside them. */
export const SIBLINGS_MAX = 1024

/** Bits of a packed hybrid timestamp that count within a millisecond; the other 48 reach into the year 10,889. */
export const HYBRID_COUNTER_BITS = 16

/** Milliseconds that a hybrid clock lets others be ahead of its own wall clock, where nobody says otherwise. */
export const HYBRID_DRIFT_MS = 500

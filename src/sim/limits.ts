/** The simulator's own bounds. What it simulates has bounds of its own. */

/** Steps at one instant after which time is taken to stand still: a loop of zero delays or of `soon`. */
export const STEPS_PER_INSTANT_MAX = 1_000_000

/** Steps after which `runUntilIdle` gives up on a world that never comes to rest. */
export const STEPS_UNTIL_IDLE_MAX = 50_000_000

/** Bytes that the two kernels of a connection hold in one direction: sent and not yet read. */
export const STREAM_WINDOW_BYTES = 256 * 1024

/** Bytes waiting in front of a full window from which on `write` answers false. */
export const WRITE_HIGH_WATER_BYTES = 64 * 1024

/** Bytes that travel as one segment at most. */
export const SEGMENT_BYTES_MAX = 64 * 1024

/** A lost segment is sent again after this long, then after twice that, and so on up to the second figure. */
export const RETRANSMIT_US = 200_000
export const RETRANSMIT_US_MAX = 3_200_000

/** A connection whose bytes nobody acknowledges for this long is given up. */
export const STREAM_SILENCE_US_MAX = 60_000_000

/** A connection that nobody answers for this long is given up. */
export const CONNECT_US_MAX = 10_000_000

/** While it is not answered, a request to connect is repeated this often. */
export const SYN_RETRY_US = 1_000_000

/** Rounds of microtasks that run behind an event: as many as a chain of promises is long that nothing keeps waiting. */
export const MICROTASK_TICKS = 24

/**
 * Steps behind which no promise is expected to go on, after which microtasks run in any case, so that one that does is
 * late and not lost. Behind every step, they made more than half of all garbage of a run.
 */
export const QUIET_STEPS_MAX = 64

/**
 * Bare cores copy a snapshot in up to so many parts, each of which takes what a write takes: as with whole nodes, where
 * it takes longer than an election, somebody else may lead when it is there.
 */
export const SNAPSHOT_PARTS_MAX = 20

/** What locks and elections take on at most. */

/** Calls that wait for a lock or to be elected, on one member; one more is refused with "too many requests". */
export const CONTENDERS_MAX = 10_000

/** How long it stays taken if nobody keeps it alive, for whoever brings no lease: etcd's. */
export const OWN_LEASE_TTL_SECONDS = 60

/** From a look that found no leader to the next. */
export const LOOK_AGAIN_MS = 100

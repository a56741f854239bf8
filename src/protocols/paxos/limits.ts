/** Bounds of the Synod. Its queues are bounded by the membership; it holds one value. */

/** A ballot number has room for this many proposers, all those included who ever were. */
export const SEATS_MAX = 65_536

export const MEMBERS_MAX = 256

/** A proposer that keeps losing backs off up to 2 to this many heartbeat intervals. */
export const BACK_OFF_DOUBLINGS_MAX = 6

/** Reads that wait for a round; more are answered as unreadable at once. */
export const READS_MAX = 10_000

/** What is known is told again to those who did not confirm it, ever more slowly, up to 2 to this many times. */
export const TELL_DOUBLINGS_MAX = 6

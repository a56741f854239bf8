/** Bounds of atomic commitment. A participant remembers a finished transaction until its coordinator has settled it. */

/** Transactions that a node coordinates at one time; more are refused. */
export const COORDINATED_MAX = 10_000

/** Transactions that a node takes part in, or remembers the end of; it votes against more. */
export const REMEMBERED_MAX = 100_000

/** Participants of one transaction. */
export const PARTICIPANTS_MAX = 1024

/** Bounds of a ring election. */

/** A token takes a message time for each member: a larger ring would elect for minutes. */
export const MEMBERS_MAX = 256

/** Tokens that have been passed on and not yet arrived; more are dropped, and an election begins anew. */
export const UNDERWAY_MAX = 1024

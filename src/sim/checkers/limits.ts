/** How much work a verdict may be. */

/** Operations that the search for who wrote what may execute: a few seconds. */
export const SEARCH_STEPS_MAX = 200_000

/** What the search for an order of the rights of one user may visit. */
export const RIGHTS_CONFIGURATIONS_MAX = 200_000

/** Times that a wrong history may be judged again, to find its shortest wrong part. */
export const SHRINK_ASKS_MAX = 1_000

/** Transactions of one component from which the shortest cycle is looked for. */
export const CYCLE_STARTS_MAX = 16

/** What a roster holds at most. */

/** Ids of removed members that are remembered: they take part in no configuration again. */
export const REMOVED_MAX = 1_000

/** So many members a group has at most, learners included. */
export const MEMBERS_MAX = 64

/** Of the URLs and the name of one member. */
export const MEMBER_BYTES_MAX = 4_096

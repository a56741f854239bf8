/**
 * The version of what nodes say to each other and write into their logs. It counts on when either changes in a way
 * that the version before cannot read; a node tells it in its greeting, and nodes of two neighbouring versions run
 * together. What a version adds to the log waits until all members are there (`machines/kv/cluster-version.ts`).
 *
 * 3: the first of a cluster that knows its version. 4: alarms, the version of the cluster itself; and users and roles,
 * which do not wait: a member of version 3 that is told of one stops.
 */
export const NODE_VERSION = 4

/** Of a cluster that has never said which it is. */
export const FIRST_CLUSTER_VERSION = 3

/** What this machine allows itself at most. */

/** Transactions inside transactions, the outer one included; a deeper one is refused as too many operations. */
export const TXN_DEPTH_MAX = 64

/** Operations that one transaction may hold if the service says nothing else (etcd's --max-txn-ops). */
export const TXN_OPERATIONS_MAX = 128

/** One slice of sweeping: looking at a pair counts one, removing it four. About two milliseconds. */
export const SWEEP_BUDGET = 1_000

/** Steps of a scan that are cheaper than descending the store's tree anew. */
export const SCAN_STEPS_BEFORE_SEEK = 8

/** Elements that are sorted at once before runs are merged in slices. */
export const SORT_RUN_ELEMENTS = 64

/** One allocation that many small keys and records share; a larger one stands alone. */
export const SLAB_BYTES = 4_096

/** Commands that are proposed are written into slabs of this size; they live until the log's memory forgets them. */
export const COMMAND_SLAB_BYTES = 64 * 1024

/** A command of at most this size shares its slab with others; a larger one takes the slab with it. */
export const SHARED_COMMAND_BYTES_MAX = 1_024

/** The longest time to live of a lease: etcd's, some 285 years. */
export const LEASE_TTL_SECONDS_MAX = 9_000_000_000

/** Alarms that are on at the same time: two kinds for each of many more members than a cluster has. */
export const ALARMS_MAX = 128

/** The version that a downgrade goes to, as text. */
export const DOWNGRADE_TARGET_BYTES_MAX = 64

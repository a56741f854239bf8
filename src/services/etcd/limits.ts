/** What the service of the etcd API takes on at most. Defaults are etcd's. */

/** A request of the API, without the framing around it (`--max-request-bytes`). */
export const REQUEST_BYTES_MAX = 1.5 * 1024 * 1024

/** Comparisons, or operations of one branch, of a transaction (`--max-txn-ops`). */
export const TXN_OPERATIONS_MAX = 128

/** A call without a deadline, or with a later one, is given up after this: etcd's 5 s and two elections. */
export const REQUEST_TIMEOUT_MS = 7_000

/** Entries that are committed and not yet applied; beyond it new writes would only wait longer. */
export const APPLY_BACKLOG_MAX = 5_000

/** Bytes of keys and values above which puts are refused (`--quota-backend-bytes`). */
export const QUOTA_BYTES = 2 * 1024 * 1024 * 1024

/** How long one slice of a long read may keep everyone else waiting. */
export const SLICE_MS_MAX = 2

/** One response to a range. */
export const RANGE_RESPONSE_BYTES_MAX = 512 * 1024 * 1024

/** Long reads in progress: each holds a pin and what it gathered so far. */
export const LONG_READS_MAX = 1_000

/** What all long reads in progress may have gathered together. */
export const LONG_READS_BYTES_MAX = 1024 * 1024 * 1024

/** Requests that wait for a read barrier are copied into slabs of this size. */
export const SLAB_BYTES = 64 * 1024

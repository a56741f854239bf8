/** Connections to the client port at the same time; more are closed at once. */
export const CONNECTIONS_MAX = 20_000

/** A node that could take fewer, because it may open so few files, does not start. */
export const CONNECTIONS_MIN = 16

/**
 * Open files that clients never get, besides those of the peers: 24 are in use by an idle node; the log takes two
 * for each of its files of 64 MiB, a checkpoint one, a snapshot that is sent one.
 */
export const FILES_RESERVE_MIN = 64

/** Or so much of all that may be open, if that is more. */
export const FILES_RESERVE_SHARE = 1 / 8

/** How often a node says that it turns connections away. */
export const COMPLAINT_INTERVAL_MS = 60_000

/** What a gRPC message may weigh beyond the request in it, as in etcd. */
export const GRPC_OVERHEAD_BYTES = 512 * 1024

/** How long a node that is asked to stop waits for another to lead, and for calls to finish. */
export const HANDOVER_MS_MAX = 3_000
export const DRAIN_MS_MAX = 1_000

/** How often it looks. */
export const STOP_POLL_MS = 5

/**
 * The scrub reads so much of the store, so often: 1.25 MiB a second, 5 GB in 64 minutes, a terabyte in nine days. At
 * 1 us a record, that is 1 % of a processor where records have 150 bytes, and 4 % where they have 40: a slice then
 * takes 1 ms, which is why it is not larger and rarer.
 */
export const SCRUB_SLICE_BYTES = 32 * 1024
export const SCRUB_INTERVAL_MS = 25

/** It begins so long after the node: a start that applies 60,000 entries would spend a tenth of its time on it. */
export const SCRUB_DELAY_MS = 10_000

/** Views of the past that are held at a time: long reads have a limit of a thousand, and snapshots have one, too. */
export const STORE_PINS_MAX = 1_024

/** So long after a member left it is still heard and told that it did; then it is refused, with that as the reason. */
export const DEPARTED_MS = 2_000

/** A member that tells a node who it is waits so long for a quorum, and so long again for what it writes down. */
export const ADMISSION_MS_MAX = 1_000

/** How long a node asks who it is before it gives up, and how long it waits between two rounds of questions. */
export const JOIN_MS_MAX = 30_000
export const JOIN_RETRY_MS = 500

/** A node that wants the roster changed waits so long for an answer, and so long before it looks again. */
export const ROSTER_RETRY_MS = 100
export const ROSTER_TIMEOUT_MS = 10_000

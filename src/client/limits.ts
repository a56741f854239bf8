/** How long a request may take altogether, unless its caller says otherwise. */
export const REQUEST_TIMEOUT_MS = 10_000

/** How long one node gets to answer a request that may safely be asked again elsewhere. */
export const ATTEMPT_TIMEOUT_MS = 2_000

/** Another attempt needs at least so much time, or a tenth of what the request may take if that is less. */
export const LAST_ATTEMPT_MS_MIN = 500

/** How long making a connection may take before the next node is tried. */
export const CONNECT_TIMEOUT_MS = 1_000

/** The pause after every node was tried once; doubles up to the maximum, with jitter. */
export const BACKOFF_MS_MIN = 10
export const BACKOFF_MS_MAX = 500

/** Requests that wait for an answer at the same time; more are refused. */
export const REQUESTS_IN_FLIGHT_MAX = 10_000

/**
 * A node that says nothing for so long while calls wait is pinged, and if it stays silent the connection is given
 * up: the network may have forgotten it. Both together are less than a request may take. (etcd takes more than one
 * ping in five seconds for abuse.)
 */
export const KEEPALIVE = { intervalMs: 6_000, timeoutMs: 2_000 } as const

/** The pause after a keep-alive that was not acknowledged. */
export const KEEP_ALIVE_RETRY_MS = 100

/** How long a lock or an election stays taken when its holder dies, unless it says otherwise: etcd's. */
export const HOLD_TTL_SECONDS = 60

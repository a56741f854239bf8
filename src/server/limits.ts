/** Connections to the client port at the same time; more are closed at once. */
export const CONNECTIONS_MAX = 20_000

/** What a gRPC message may weigh beyond the request in it, as in etcd. */
export const GRPC_OVERHEAD_BYTES = 512 * 1024

/** How long a node that is asked to stop waits for another to lead, and for calls to finish. */
export const HANDOVER_MS_MAX = 3_000
export const DRAIN_MS_MAX = 1_000

/** How often it looks. */
export const STOP_POLL_MS = 5

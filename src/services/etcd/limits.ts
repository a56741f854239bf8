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

/** A member lifts its alarm when it holds no more than this share of its quota: some puts fit before the next. */
export const QUOTA_SHARE_TO_LIFT = 0.9

/** A member that is nearly full has its files merged so long after a compaction, and again, ever more seldom. */
export const TIDY_MS = 1_000
export const TIDY_MS_MAX = 600_000

/** How often a member looks whether it has room; how long it waits for its alarm to be logged. */
export const ALARM_LOOK_MS = 1_000
export const ALARM_TIMEOUT_MS = 2_000

/** How long a leader without room waits for another to lead before it raises its alarm, and until it asks the next. */
export const OFFER_PATIENCE_MS = 3_000
export const OFFER_AGAIN_MS = 60_000

/** How often a leader looks whether all members understand a later version; how long it waits for that to be logged. */
export const VERSION_LOOK_MS = 200
export const VERSION_TIMEOUT_MS = 2_000

/** etcd's: a periodic compaction comes once an hour at most, and looks ten times before; by revisions, every 5 min. */
export const COMPACTION_INTERVAL_MS_MAX = 3_600_000
export const COMPACTION_LOOKS_PER_INTERVAL = 10
export const REVISION_LOOK_MS = 300_000

/** How long an automatic compaction waits to be logged before it is tried again. */
export const COMPACTION_TIMEOUT_MS = 5_000

/** How often a member looks whether the leader has told a hash to compare with. */
export const HASH_LOOK_MS = 1_000

/**
 * New proposals of a connection that has some in line are refused when so many wait and the oldest has waited for so
 * long: half of the time after which they are given up.
 */
export const BACKLOG_PROPOSALS_MIN = 1_000
export const BACKLOG_WAIT_MS_MAX = 3_000

/** What etcd reckons a put to need beyond its key and value, and a lease at all, when it looks at the quota. */
export const PUT_COST_BYTES = 256
export const LEASE_COST_BYTES = 64

/** How long one slice of a long read may keep everyone else waiting. */
export const SLICE_MS_MAX = 2

/** Rows in a slice at most: in a simulation time stands still within one. */
export const SLICE_ROWS_MAX = 2_000

/** Rows between two looks at the clock. */
export const ROWS_PER_LOOK = 100

/** Bytes of keys and values that count as one row when they are copied. */
export const BYTES_PER_ROW = 512

/** A range that looks at no more than this many versions is read at once. */
export const SHORT_RANGE_ROWS = 1_000

/** A response with at most this much in it is written at once. */
export const SHORT_RESPONSE_BYTES = 256 * 1024

/** A stream of a range begins with chunks of so many keys, as etcd's does, and never holds more than so many in one. */
export const RANGE_CHUNK_KEYS_FIRST = 10
export const RANGE_CHUNK_KEYS_MAX = 10_000

/** One response to a range. */
export const RANGE_RESPONSE_BYTES_MAX = 512 * 1024 * 1024

/** One response to a transaction of ranges, which is written in one piece. */
export const TXN_RESPONSE_BYTES_MAX = 64 * 1024 * 1024

/** Long reads in progress: each holds a pin. */
export const LONG_READS_MAX = 1_000

/** Responses of long reads that are being written take together no more than so many of the largest. */
export const LARGEST_RESPONSES_MAX = 2

/** Requests that wait for a read barrier are copied into slabs of this size. */
export const SLAB_BYTES = 64 * 1024

/**
 * What a pair takes in a response beyond its key and value: tags and lengths of the pair (2 x 6), of its key and
 * value (2 x 6), three numbers (9 each) and a lease (11).
 */
export const PAIR_OVERHEAD_BYTES = 64

/** What a response takes beyond its pairs: a header and the totals. */
export const RESPONSE_OVERHEAD_BYTES = 128

/** How long before a call's own deadline it is given up; at most this part of the time that it has. */
export const ANSWER_MARGIN_MS = 250
export const ANSWER_MARGIN_DIVISOR = 10

/** The shortest time to live of a lease: etcd's, one and a half election time-outs of a second, in whole seconds. */
export const LEASE_TTL_SECONDS_MIN = 2

/** Leases in one record of keep-alives, about two milliseconds of applying; a window with more makes several. */
export const RENEWALS_PER_COMMAND_MAX = 250

/** Keep-alives travel together: from one record of them to the next pass at least so many milliseconds. */
export const RENEWAL_WINDOW_MS = 50

/** Keep-alives of all clients of this member that are not answered yet. */
export const RENEWALS_PENDING_MAX = 100_000

/** Keep-alives of one stream that are not answered yet. */
export const STREAM_RENEWALS_MAX = 10_000

/** One answer that lists leases, or the keys of one. */
export const LEASE_LIST_BYTES_MAX = 64 * 1024 * 1024

/** What an element of it takes beyond its key: tags and lengths, or the lease itself. */
export const LEASE_LIST_ELEMENT_BYTES = 16

/** How often the leader looks for leases that are over. */
export const EXPIRY_INTERVAL_MS = 500

/** Leases, and keys that go with them, that one command ends: about two milliseconds. One large lease may pass it. */
export const EXPIRY_ROWS_MAX = 100

/** Leases and their keys that end from one look to the next. */
export const EXPIRY_ROWS_PER_LOOK_MAX = 5_000

/** How long the leader waits for the answer to an expiry before it looks again. */
export const EXPIRY_TIMEOUT_MS = 2_000

/** In touch for so long, a member counts as connected when the membership is to change (etcd's HealthInterval). */
export const CONNECTED_FOR_MS = 5_000
/** Calls that require a leader end when there was none at so many looks, an election timeout apart. */
export const LEADERLESS_LOOKS_MAX = 3

/** From one look to the next, if the node says nothing else. */
export const ELECTION_TIMEOUT_MS = 1_000

/** Watches of gRPC's health service at the same time: a few for each balancer. */
export const HEALTH_WATCHES_MAX = 1_000

/**
 * Proposals of clients that are under way at a time: twice what a cluster is busiest with (`bench/overload.ts`). The
 * others wait in a line for each connection; beyond so many, or so many bytes, they are refused.
 */
export const PROPOSALS_UNDERWAY_MAX = 1_000
export const PROPOSALS_IN_LINE_MAX = 20_000
export const PROPOSALS_IN_LINE_BYTES_MAX = 64 * 1024 * 1024

/** What one run may take, and what is looked at. */

/**
 * Virtual time during which things go wrong: at least, and at most if the workloads are not done. Half of a run of two
 * minutes was spent waiting, with nothing new going wrong.
 */
export const SAFETY_MS_MIN = 50_000
export const SAFETY_MS_MAX = 60_000

/** Faults begin during this time; what they do may last longer. */
export const FAULTS_MS = 50_000

/** A healed core that answers nobody for so long, though it is asked, has stalled. */
export const STALL_MS_MAX = 60_000

/** A healed core that does answer, and yet is not done with everything after so long, never will be. */
export const LIVENESS_MS_MAX = 1_200_000

/**
 * How long a healed core is left alone, in election timeouts and at least, and how often it may change its leader
 * meanwhile: who is deposed for no reason is deposed about once in an election timeout.
 */
export const REST_ELECTION_TIMEOUTS = 8
export const REST_MS_MIN = 10_000
export const REST_ELECTIONS_MAX = 2

/** Virtual time in which a cluster that is healed altogether must be of one mind. */
export const REUNION_MS_MAX = 180_000

/**
 * For so long at most nobody asks a healed cluster anything, until all that waited there has come to an end: a snapshot
 * that nobody takes any more is given up after two looks, 5 s apart.
 */
export const EMPTY_MS_MAX = 15_000

/** Virtual time in which every client of a healed cluster is served. */
export const FAREWELL_MS_MAX = 120_000

/** Between two looks at whether a core has converged. */
export const LOOK_AGAIN_MS = 250

/** How long whoever looks waits for one answer. */
export const LOOK_TIMEOUT_MS = 4_000

/** Events of one run: a hundred times what runs have. Beyond, it is broken off. */
export const EVENTS_MAX = 10_000_000

/** Between two questions whether there is time and memory left for a run. */
export const EVENTS_PER_LOOK = 4096

/** Between two looks at how full the members' queues are. */
export const EVENTS_PER_GAUGES = 1024

/** Of so many seeds of a campaign one is run twice, unless it is said. */
export const REPEAT_EVERY = 20

/** Revisions of the past at which replicas are compared, besides the newest. */
export const PAST_REVISIONS = 4

/** Clients of one run, and steps of their plans: about 500 requests. */
export const CLIENTS_MIN = 4
export const CLIENTS_MAX = 6
export const STEPS = 520

/** Of whoever has rights given and taken, besides. */
export const RIGHTS_STEPS = 60

/** Clients who contend for locks and elections, besides, and their steps, each of which takes seconds. */
export const HOLD_CLIENTS = 3
export const HOLD_STEPS = 18

/** Of those who have streams that watches share, besides: a stream is read until the next step. */
export const WATCH_STREAM_STEPS = 14

/** Of whoever moves the leadership, besides. */
export const HANDOVER_STEPS = 12

/** Of those who hold leases, besides. */
export const HELD_LEASE_STEPS = 14

/** Of those who renew leases in the last moment, besides; each is as long as such a lease. */
export const LAST_MOMENT_STEPS = 14

/** Of whoever fills the store and makes room in it, besides. */
export const ROOM_STEPS = 20

/** A store that is emptied takes puts again after so long. */
export const ROOM_AGAIN_MS_MAX = 60_000

/** Workloads finish, if nothing goes wrong, in about this time. */
export const WORKLOAD_SPAN_MS = 40_000

/** Shrinking: runs of smaller plans. */
export const SHRINK_RUNS_MAX = 200

/** Problems of one run that are told; the first is mostly the cause of the others. */
export const PROBLEMS_TOLD_MAX = 20

/** Of one of them; the rest is mostly one value. */
export const PROBLEM_CHARACTERS_MAX = 16_000

/** A replica's whole state is hashed behind every so many entries. */
export const ENTRIES_PER_STATE_HASH = 32

/**
 * Between two slices of a member's scrub. At a real node's pace it reads a simulated store of a few tables again and
 * again, which took a quarter of the processor time of a run.
 */
export const SCRUB_INTERVAL_MS = 2_000

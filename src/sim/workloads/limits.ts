/** How clients of a simulated cluster behave. */

/** A client that is in a hurry waits less than this between two steps. */
export const HASTE_MS = 20

/**
 * Clients that are pressed do so many steps more, and then as many as it takes for all of them to have asked so often:
 * over slow links the last one would go on alone for minutes.
 */
export const STEPS_PRESSED = 8
export const OPERATIONS_ENOUGH = 520

/** How long clients wait for an answer; drawn per plan. */
export const CLIENT_TIMEOUT_MS_MIN = 1_000
export const CLIENT_TIMEOUT_MS_MAX = 6_000

/** A program that was not answered, or came too late with a guarded write, waits about so long. */
export const RETRY_PAUSE_MS = 50

/** How often a client that is to be served on a healed cluster asks. */
export const FAREWELL_TRIES_MAX = 20

/** A large value: several segments of the simulated network, and a large part of a small log file. */
export const LARGE_VALUE_BYTES = 48 * 1024

/** Characters of a request, or of its answer, in the trace of a run. */
export const NOTE_CHARACTERS_MAX = 240

/** By how much a member's clock runs fast or slow at most, in millionths (`faults/ranges.ts`). */
export const LEASE_DRIFT_PPM = 100_000

/**
 * How long after its time a lease may still be there while somebody leads. Under everything that goes wrong each step
 * of its end may take long: the look, the way to the log, the ways of the entries that tell the time.
 */
export const LEASE_GONE_WITHIN_MS = 10_000

/** How long after its call a request of unknown outcome may still take effect. */
export const LEASE_LATE_MS = 60_000

/** A leader under whom nothing is committed for longer may be none. With leases there is something every second. */
export const LEADER_SILENCE_MS = 2_500

/** No cluster begins with more members; who is drawn beyond its last is counted from the first again. */
export const MEMBERS_MAX = 5

/** For how long a program holds a lease, at most. */
export const HELD_LEASE_MS_MAX = 10_000

/** How long a watch goes on, how long a slow reader leaves it alone, and how far in the past one begins; at most. */
export const WATCH_MS_MAX = 8_000
export const WATCH_PAUSE_MS_MAX = 300
export const WATCH_REVISIONS_BACK_MAX = 60

/** On a healed cluster a stream of watches has been told of everything after so long; until then it asks so often. */
export const SETTLING_MS_MAX = 30_000
export const SETTLING_ASK_MS = 250

/** How often a program asks in all until there are users and roles, and authentication is on. */
export const SETTING_UP_TRIES_MAX = 100

/** What the simulation of users' own programs takes, unless it is said otherwise. */

/** Seeds of one call. */
export const SEEDS = 20

/** Requests of one run, of all clients together. */
export const REQUESTS = 200
export const REQUESTS_MAX = 10_000

/** A command, as JSON. */
export const COMMAND_CHARACTERS_MAX = 1024 * 1024

/** How often a client asks for one thing. */
export const TRIES_MAX = 10

/** A client that was not answered waits about so long before it asks again. */
export const RETRY_PAUSE_MS = 50

/** Programs at once. */
export const PROGRAMS = 3
export const PROGRAMS_MAX = 50

/** How long the check of a program may take, on a cluster that is healed: virtual time. */
export const CHECK_MS_MAX = 120_000

/** Shrinking: runs of smaller plans. */
export const SHRINK_RUNS = 100
export const SHRINK_RUNS_MAX = 10_000

/** Of so many seeds one is run twice, the first among them. */
export const REPEAT_EVERY = 20

/** Characters of a command or an answer that are told. */
export const DESCRIBED_CHARACTERS_MAX = 200

/** Problems of one kind in one run that are told. */
export const PROBLEMS_OF_A_KIND_MAX = 3

/** Lines of a failure's story: faults, and requests. */
export const STORY_LINES_MAX = 40

/** Virtual time for which a fault may show what it does, before anything is healed. */
export const AFTERMATH_MS = 5_000

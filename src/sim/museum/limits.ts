/** How long is hunted, and what runs of bare cores are like. */
import type { Delay } from '../delay.ts'
import type { Range } from '../faults/draws.ts'

/** Things that happen in one run of bare cores. */
export const CORE_ROUNDS = 200
/** Of cores that agree once and then rest: so many clusters, one after another, and so many things in each. */
export const CORE_CLUSTERS_SHORT = 25
export const CORE_ROUNDS_SHORT = 10

/** All other times are long or short beside this one. A heartbeat is a third to a tenth of it. */
export const CORE_ELECTION_MS = 300

/** The same, of cores that agree once. */
export const CORE_PATIENCE_MS = 2_000

/** Between two things that happen, mostly: so many times what a message takes. */
export const CORE_PACES: readonly number[] = [1, 2, 4, 8, 16]

/** And now and then long enough that somebody is elected and gets work done. */
export const CORE_PAUSE_MS = 1_500

/** Fewer leaders than so many fall one after another, and each is waited for so long. */
export const CORE_FALLS_MAX = 8
export const CORE_SUCCESSION_MS = 6_000

/** How long a write takes to become durable, on average. */
export const CORE_DISK_DELAY_US: Range = { low: 500, high: 200_000 }

/** Of members of a quorum that is healed. */
export const CORE_SOUND_DISK: Delay = { minimumUs: 200, meanUs: 2_000 }

/** How long messages take, on average: some outlive a restart of whoever gets them. */
export const CORE_DELAY_US: Range = { low: 1_000, high: 100_000 }

/** How much longer messages take on a clogged link. */
export const CORE_CLOG_US: Range = { low: 10_000, high: 5_000_000 }

/** How much later copies of messages come that nobody expects any more. */
export const CORE_REPLAY_US: Range = { low: 100_000, high: 20_000_000 }

/** A healed quorum must have committed one of so many rounds of proposals, two election timeouts apart. */
export const CORE_SERVE_ASKS_MAX = 100

/** Then it is left alone for so many election timeouts, and may change its leader so often. */
export const CORE_REST_LOOKS = 30
export const CORE_ELECTIONS_MAX = 3

/** A healed cluster must have answered everything after so many more proposals at every node, this far apart. */
export const CORE_SETTLE_ASKS_MAX = 20
export const CORE_SETTLE_MS = 30_000

/** How often each bug is hunted, and how many seeds are tried each time. */
export const HUNTS_IN_CLUSTERS = 3
export const HUNTS_IN_CORES = 5
export const HUNT_SEEDS_MAX = 1000
/** Runs of bare cores are cheap. */
export const HUNT_CORE_SEEDS_MAX = 10_000

/** Of a scenario that was written to show the bug. */
export const HUNT_SCENARIO_SEEDS_MAX = 20

/** Of what an oracle said, so much stands on the museum's page. */
export const SENTENCE_CHARACTERS_MAX = 100

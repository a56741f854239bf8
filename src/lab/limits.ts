/** The limits of the laboratory. */

/** Messages that one run records; those sent later are counted and left out. */
export const MESSAGES_RECORDED_MAX = 20_000

/** Events beside messages (starts, crashes, decisions, states) that one run records. */
export const EVENTS_RECORDED_MAX = 50_000

/** Messages that one picture shows: a browser scrolls through so many arrows without stumbling. */
export const MESSAGES_DRAWN_MAX = 3000

/** Virtual time of one run, whatever its fault waits for. */
export const RUN_MS_MAX = 120_000

/** Random schedules of one `--check`. */
export const SCHEDULES_MAX = 100_000

/** Smaller schedules that are tried for one counter-example. */
export const SHRINK_RUNS_MAX = 400

/** What a page lists beside its picture. */
export const LINES_LISTED_MAX = 4000

/** How patient scenarios are, in virtual time. */

/** Whatever is waited for comes about within this time, unless the scenario says another. */
export const WAIT_MS_MAX = 60_000

/** Members that are equally far, and do not hold the same for so long, never will. */
export const DIFFER_MS_MAX = 2_000

/** A cluster rests that wrote nothing for so long: what members say of themselves they try again sooner than that. */
export const REST_MS = 1_000

/** A whole scenario. */
export const SCENARIO_MS_MAX = 1_200_000

/** How long a client waits for one answer, unless the scenario says another. */
export const ANSWER_MS_MAX = 4_000

/** Between two attempts of a client that insists. */
export const ASK_AGAIN_MS = 100

/** Scenarios speak in percent, faults in millionths. */
export const MILLIONTHS_PER_PERCENT = 10_000

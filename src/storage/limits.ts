/** What the files beside log and store hold at most. */

/** The file that says whose directory it is: more than any version writes, so that a wrong one is not read whole. */
export const IDENTITY_BYTES_MAX = 64 * 1024

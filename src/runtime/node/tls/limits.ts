/** How long a handshake may take, from the connection on; the other end's part of it is a few milliseconds. */
export const HANDSHAKE_TIMEOUT_MS = 5_000

/** Handshakes under way on one listener; the oldest makes room for the next: an honest one is over long before. */
export const HANDSHAKES_MAX = 128

/** How often files are looked at, at most: at a handshake that begins so long after the last look. */
export const FILE_CHECK_INTERVAL_MS = 200

/** The same complaint about handshakes is logged once in this time. */
export const COMPLAINT_INTERVAL_MS = 60_000

/** Kinds of complaints that are remembered for it. */
export const COMPLAINTS_MAX = 64

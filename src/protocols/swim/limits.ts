/** Bounds of membership. What a member sends in a period depends on none of the large ones. */

/** Members that one of them knows, those that it remembers as gone included; who is one too many is not taken up. */
export const MEMBERS_MAX = 10_000

/** Bytes of what a member tells about itself: an address, a role, a version. */
export const META_BYTES_MAX = 512

/** Bytes of the smallest packet: one claim with all that its member tells, and what stands before it. */
export const PACKET_BYTES_MIN = 600

/** Bytes of a packet, where nobody says otherwise: what passes through an Ethernet without being cut up. */
export const PACKET_BYTES_MAX = 1400

/** Incarnations go no higher, in what others send: so many suspicions refuted take four thousand years. */
export const INCARNATION_MAX = 2 ** 47

/** Lifeguard's S: how much worse than well a member takes its own health to be, at most. */
export const HEALTH_MAX = 8

/** Lifeguard's K: how many others must confirm a suspicion until it takes no longer than at least. */
export const CONFIRMATIONS_MAX = 3

/** Probes that a member makes for others at one time; it does not answer to more. */
export const RELAYS_MAX = 256

/** Between the look that finds an answer missing and the verdict: what waits in sockets is read meanwhile. */
export const SECOND_LOOK_MS = 20

/** Others who are pinged at once by who was away. */
export const ASKED_AFTER_STALL = 3

/** Seeds that are asked at once by who knows nobody. */
export const SEEDS_ASKED = 3

/** Members among whom all that is known is exchanged each `syncMs`; in larger groups it is rarer, in proportion. */
export const SYNC_MEMBERS = 64

/** Periods after which who leaves is gone, whether or not it has told as many as it should. */
export const LEAVING_PERIODS = 10

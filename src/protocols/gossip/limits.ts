/** Bounds of the rumour broadcast. Nothing here grows with time: what is too much is forgotten, oldest first. */

/** Bytes of what one rumour says. */
export const PAYLOAD_BYTES_MAX = 1024

/** Bytes of a packet, where nobody says otherwise: what passes through an Ethernet without being cut up. */
export const PACKET_BYTES_MAX = 1400

/** Bytes of the smallest packet: one rumour of the largest size. */
export const PACKET_BYTES_MIN = 1100

/** Rumours that are passed on at one time; of more, those go cold that were passed on most often. */
export const HOT_MAX = 4096

/** Rumours, and bytes of them, that are kept for those who have missed them. */
export const KEPT_MAX = 4096
export const KEPT_BYTES_MAX = 4_194_304

/** Incarnations of members whose rumours are told apart; who has been silent for longest is forgotten. */
export const SOURCES_MAX = 10_000

/** Rumours of one source that came before an earlier one; with one more, the earliest gap is given up. */
export const AHEAD_MAX = 1024

/** Of these, so many are told of in a digest. */
export const AHEAD_TOLD_MAX = 64

/** Pages of a digest in one exchange; the next one goes on where it ended. */
export const PAGES_MAX = 16

/** Packets of rumours that answer one page of a digest. */
export const ANSWER_PACKETS_MAX = 8

/** Whatever the feedback, a rumour is passed on no more often than this times log2 of the group's size, and k. */
export const SENDS_FACTOR = 4

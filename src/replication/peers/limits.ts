/** What the connections to peers hold at most, and how long they wait. */
import { doubling } from '../../core/histogram.ts'
import { NODE_VERSION } from '../../core/node-version.ts'
import type { PeerLane } from '../../wire/frame/index.ts'

/** Versions of the peer protocol that this node speaks. */
export const PEER_VERSION_MIN = 3
export const PEER_VERSION_MAX = NODE_VERSION

/** Bytes waiting in one lane to one peer; a message that comes on top is dropped. */
export const LANE_BYTES_MAX: Readonly<Record<PeerLane, number>> = {
  prompt: 4 * 1024 * 1024,
  data: 64 * 1024 * 1024,
  bulk: 32 * 1024 * 1024,
}

/** What a dialled connection encodes its frames into, at a time. */
export const LANE_BUFFER_BYTES = 64 * 1024

/** The same of an accepted connection, which says little. */
export const ANSWER_BUFFER_BYTES = 1024

/** The first wait before a lost connection is dialled again; it doubles up to the second. */
export const REDIAL_MS_MIN = 20
export const REDIAL_MS_MAX = 1_000

/** A connection on which nothing was sent for this long sends a ping. */
export const PING_INTERVAL_MS = 500

/** So many ping intervals lie between two measurements of the way to a peer and back: four seconds, as in etcd. */
export const ROUND_TRIP_SWEEPS = 8

/** Upper bounds of the buckets that round trips are counted in, in seconds: 0.1 ms to 3.3 s, as etcd has them. */
export const ROUND_TRIP_BOUNDS: readonly number[] = doubling(0.000_1, 16)

/** A connection on which nothing arrived for this long is closed. */
export const SILENCE_MS_MAX = 2_500

/** How long a node that joins waits for one member's answer. */
export const JOIN_ANSWER_MS_MAX = 3_000

/** Accepted connections that have not said who they are; more are closed at once. */
export const GREETINGS_MAX = 128

/** Strangers that were taken in because they know of newer members; one more sends the first of them away. */
export const GUESTS_MAX = 16

/** The same complaint about the same peer is logged once in this time. */
export const COMPLAINT_INTERVAL_MS = 60_000

/** Complaints that are remembered for it. */
export const COMPLAINTS_MAX = 256

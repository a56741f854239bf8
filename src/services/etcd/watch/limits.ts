/** What watches take on at most. */

/** Watchers of one stream, and of all streams of a node; one more is refused. */
export const WATCHERS_PER_STREAM_MAX = 100_000
export const WATCHERS_MAX = 500_000

/**
 * One response ends with the revision that brings it to this, or to so many events: a client whose messages may have
 * 4 MiB then meets a longer one only if a single revision is longer.
 */
export const RESPONSE_BYTES = 1024 * 1024
export const RESPONSE_EVENTS = 1_000

/** A response beyond the longest request and this much comes in parts, if its watch has asked for that; as in etcd. */
export const FRAGMENT_OVERHEAD_BYTES = 512 * 1024

/**
 * What a stream sends ahead of a client that takes nothing for the moment, before its watchers fall behind; and what is
 * read for them from the store at once. A hundred watchers of the same keys then share one reading of the history:
 * where the first response that had to wait was enough, all was found for all of them and thrown away again for
 * ninety-nine, and an event cost nearly twice as much (`bench/watch.ts`).
 */
export const STREAM_AHEAD_BYTES = 256 * 1024

/** What an event takes in a response beyond its keys and values: a type, tags, lengths, two pairs of numbers. */
export const EVENT_OVERHEAD_BYTES = 160

/** Walks through the history that go on at the same time, taking turns; who comes later waits for one to end. */
export const CATCH_UPS_MAX = 32

/** Watchers who start no further apart than this share a walk. */
export const SHARED_WALK_REVISIONS = 10_000

/** How often watchers that asked for it are told how far they are (`--watch-progress-notify-interval`). */
export const PROGRESS_INTERVAL_MS = 600_000

/** Bytes of a key that become text in one go. */
export const KEY_TEXT_CHUNK_BYTES = 4_096

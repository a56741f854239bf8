/**
 * The ranges that runs draw from. Where TigerBeetle's VOPR or FoundationDB's simulator publish one, it is theirs; the
 * rest is chosen so that a minute of virtual time meets most edges and still lets clients get something done.
 */
import type { Range } from './draws.ts'

/** A class is active in a run with one of these chances, in eighths: some runs are nearly calm, some are wild. */
export const ACTIVE_EIGHTHS: readonly number[] = [1, 2, 2, 3, 4]

/** From one fault of a class to its next, on average. */
export const EVERY_MS: Range = { low: 2_000, high: 20_000 }

// --- Network ---
export const DELAY_MINIMUM_US: Range = { low: 0, high: 30_000 }
export const DELAY_MEAN_US: Range = { low: 30_000, high: 100_000 }
export const LOSS_PER_MILLION: Range = { low: 1_000, high: 300_000 }
/** A corrupt frame costs a connection: more would leave nothing but connecting. */
export const CORRUPT_PER_MILLION: Range = { low: 100, high: 20_000 }
export const RESET_PER_MILLION: Range = { low: 100, high: 20_000 }
export const SPLIT_PER_MILLION: Range = { low: 0, high: 300_000 }
export const CLOG_US: Range = { low: 1_000, high: 5_000_000 }
/** Until whoever dialled is told: shorter than the silence that members hang up after. */
export const STRAND_BREAKS_US: Range = { low: 1_000, high: 2_000_000 }
/** From then on until what was sent arrives. */
export const STRAND_ARRIVES_US: Range = { low: 1_000, high: 5_000_000 }
export const NARROW_PACKETS: Range = { low: 2, high: 20 }
/** How long a partition, a clog or a narrow path lasts. */
export const NETWORK_FAULT_MS: Range = { low: 200, high: 20_000 }
/** From one member that is clogged, or freed, to the next. */
export const SWIZZLE_STEP_MS: Range = { low: 100, high: 2_000 }

// --- Processes ---
/** How long a process or a machine stays down. */
export const DOWN_MS: Range = { low: 1, high: 15_000 }
/** From a request to stop to the next start, besides the time that it stays down. */
export const STOPPING_MS: Range = { low: 0, high: 5_000 }
export const PAUSE_MS: Range = { low: 1, high: 180_000 }
export const STORM_RESTARTS: Range = { low: 3, high: 12 }
/** Between two starts of a storm: some die before they have recovered. */
export const STORM_STEP_MS: Range = { low: 1, high: 1_500 }

// --- Membership ---
/** From one that comes to the one whose place it takes. */
export const REPLACED_MS: Range = { low: 0, high: 10_000 }

// --- Clocks ---
/** Up to a tenth fast or slow; real ones are off by less than a thousandth. */
export const DRIFT_PPM: Range = { low: 10, high: 100_000 }
export const WALL_STEP_MS: Range = { low: 100, high: 86_400_000 }
export const WALL_SLEW_MS: Range = { low: 1, high: 50 }
export const WALL_SLEW_STEPS: Range = { low: 10, high: 50 }
export const PERIOD_MS: Range = { low: 1_000, high: 10_000 }
export const STALL_MS: Range = { low: 5, high: 500 }

// --- Disks ---
export const DISK_FAULT_MS: Range = { low: 200, high: 10_000 }
export const SLOW_DISK_US: Range = { low: 1_000, high: 500_000 }
/** What still fits on a full disk. */
export const FREE_BYTES: Range = { low: 1, high: 256 * 1024 }

// --- Constants ---
export const HEARTBEAT_MS: Range = { low: 20, high: 200 }
export const ELECTION_HEARTBEATS: Range = { low: 5, high: 15 }
export const WATCH_PROGRESS_MS: Range = { low: 100, high: 2_000 }
/** Between two hashes that members compare theirs with. */
export const CORRUPT_CHECK_MS: Range = { low: 500, high: 10_000 }
/** Mostly few, so that snapshots are sent; at times so many that a member which joins learns all from the log. */
export const SNAPSHOT_ENTRIES: Range = { low: 10, high: 500 }
/** Of the log's batches: a sector, which a crash tears nothing off, mostly; or the page of a real node. */
export const LOG_ALIGNMENT_BYTES: readonly number[] = [512, 512, 512, 4096]
/** In pages. A segment is written whole as it is made, and read whole at each start. */
export const SEGMENT_BYTES: Range = { low: 32 * 1024, high: 512 * 1024 }
export const BATCH_BYTES: Range = { low: 16 * 1024, high: 256 * 1024 }
export const MEMTABLE_BYTES: Range = { low: 4 * 1024, high: 128 * 1024 }
export const TABLE_BYTES: Range = { low: 16 * 1024, high: 256 * 1024 }
export const CACHED_BLOCKS: Range = { low: 1, high: 16 }
export const SMALL_REQUEST_BYTES: Range = { low: 16 * 1024, high: 256 * 1024 }
export const SMALL_TXN_OPERATIONS: Range = { low: 16, high: 128 }
/** Proposals, or reads, of a member: as many as there are clients, or fewer. */
export const SMALL_QUEUE: Range = { low: 1, high: 4 }
/** A run writes some hundred KiB, if nobody stops it. */
export const SMALL_QUOTA_BYTES: Range = { low: 16 * 1024, high: 256 * 1024 }

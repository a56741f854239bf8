/** What the store's parts hold at most. */

const KIB = 1024
const MIB = 1024 * KIB

/**
 * A checkpoint is due when keys, values and a share for each record in the memtable come to this. A start after a kill
 * applies up to two memtables again: with 16 MiB it took 2.4 s of processor time and held 190 MiB; with 8, 1.8 and 147.
 */
export const MEMTABLE_BYTES = 8 * MIB

/** All memtables together, with those that checkpoints are being made of: at this, whoever writes has to wait. */
export const MEMTABLE_BYTES_MAX = 2 * MEMTABLE_BYTES

/**
 * The first checkpoint of a process is due at this, and each one after it at four times as much. So the code that makes
 * tables is compiled on little data: of 80,000 records at once, the first took 0.7 s of processor time, the fourth a
 * tenth.
 */
export const FIRST_MEMTABLE_BYTES = MIB

/** The records of a memtable leave for the job that makes tables in arrays of this size, so many on their way. */
export const RECORDS_SENT_BYTES = 256 * KIB
export const RECORDS_SENT_MAX = 4

/** A block holds at most this, and so a frame of the cache; a record that does not fit has a block of its own. */
export const BLOCK_BYTES_MAX = 4 * KIB

/** The block cache, all of it. */
export const CACHE_BYTES = 64 * MIB

/** A merge begins another table when one has come to this. */
export const TABLE_BYTES = 64 * MIB

/** Bits of a table's filter for each record. */
export const FILTER_BITS_PER_RECORD = 10

/** Blocks gather in buffers of this size until they are written; a merge reads as much of each table at once. */
export const BUFFER_BYTES = 128 * KIB

/** So many that nobody uses are kept for who comes next: as many as the largest of most merges needs. */
export const BUFFERS_KEPT_MAX = 16

/** Bytes on their way to the disk, at which whoever makes a table waits. */
export const WRITE_BYTES_WAITING_MAX = 8 * BUFFER_BYTES

/**
 * A table is synced whenever so much of it is written: the logs' syncs wait meanwhile. Beside 32 MiB a second in tables
 * of 64 MiB that were synced at their ends, the syncs of two logs took 23 ms at the 99th percentile; 3 to 5 with a sync
 * for each MiB or each 4, as without any tables.
 */
export const UNSYNCED_BYTES_MAX = 2 * MIB

/** How often a flush may begin a table before one is full: where a keyspace begins, and where its old content ends. */
export const FLUSH_CUTS_MAX = 2 * 257

/** So many runs of a tier are merged into one, and a tier's runs are so many times as large as those before. */
export const TIER_RUNS = 6

/**
 * Runs below this times `TIER_RUNS` are the first tier: so that as many flushes of heads (0.5 to 0.8 MiB each) become a
 * run of the second. With 1 MiB most such runs stayed in the first tier, and what had just been merged was merged
 * again: a quarter more records were written in merges (mean of 16 to 400 flushes).
 */
export const TIER_UNIT_BYTES = MIB / 2

/** When newer records have superseded this share of the oldest run's, all runs are merged. */
export const GARBAGE_SHARE_MAX = 0.5

/**
 * So many neighbours that are together smaller than a table are joined. With 8 the tables of revisions (6.5 MiB from a
 * memtable of 8) were small, and every value was written twice.
 */
export const SMALL_TABLES_MAX = 16

/** A slice of a merge or of a flush ends after so many records, or so many bytes of values. */
export const SLICE_RECORDS = 512
export const SLICE_BYTES = 128 * KIB

/** While a flush is under way, a merge takes one of so many turns: writers may come to wait for a flush. */
export const MERGE_TURNS = 4

/** How late a merge begins that is late on purpose (`core/seams.ts`). */
export const MERGE_LATE_MS = 1_000

/** Damages named by one `verify`; a disk that lies everywhere needs no longer list. */
export const DAMAGES_REPORTED_MAX = 100

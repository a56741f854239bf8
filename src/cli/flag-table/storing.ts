/** Flags about what is kept, for how long, and how much of it. */
import { type Flags, idle, idleBoolean, used, usedBoolean, usedDuration } from './flag.ts'

const NO_BBOLT = "the store is Quorate's own, and has no such thing"
const SCRUBBED = 'the store is compared with its checksums all the time, in the background'

export const STORING: Flags = {
  'snapshot-count': used('snapshotEntries', 'entries between two checkpoints, at most (default 100000)'),
  'snapshot-catchup-entries': used(
    'catchUpEntries',
    'entries kept behind a checkpoint for slow followers (default 5000)',
  ),
  'experimental-snapshot-catchup-entries': used(
    'catchUpEntries',
    'the older name of --snapshot-catchup-entries',
  ),
  'quota-backend-bytes': used(
    'quotaBytes',
    'bytes of keys and values above which puts are refused (default 0: 2 GiB; below 0: none)',
  ),
  'store-cache-bytes': used(
    'storeCacheBytes',
    'bytes of memory for what was read of the store (default 67108864, at least 1048576)',
  ),
  'auto-compaction-mode': used(
    'autoCompactionMode',
    'what --auto-compaction-retention counts: periodic (default) or revision',
  ),
  'auto-compaction-retention': used(
    'autoCompactionRetention',
    'history to keep: hours or a duration such as 5m, or revisions (default 0: all)',
  ),
  'corrupt-check-time': usedDuration(
    'corruptCheckMs',
    'how often members compare what they hold (default 0s: never)',
  ),
  'experimental-corrupt-check-time': usedDuration('corruptCheckMs', 'the older name of --corrupt-check-time'),
  'experimental-initial-corrupt-check': usedBoolean(
    'initialCorruptCheck',
    'compare with the newest check of before the start, too (default false)',
  ),

  'backend-batch-interval': idle(NO_BBOLT),
  'backend-batch-limit': idle(NO_BBOLT),
  'backend-bbolt-freelist-type': idle(NO_BBOLT),
  'experimental-backend-bbolt-freelist-type': idle(NO_BBOLT),
  'bootstrap-defrag-threshold-megabytes': idle('space is given back while the node serves'),
  'experimental-bootstrap-defrag-threshold-megabytes': idle('space is given back while the node serves'),
  'stop-grpc-service-on-defrag': idleBoolean('nothing stops while space is given back'),
  'experimental-stop-grpc-service-on-defrag': idleBoolean('nothing stops while space is given back'),
  'compact-hash-check-time': idle(SCRUBBED),
  'experimental-compact-hash-check-enabled': idleBoolean(SCRUBBED),
  'experimental-compact-hash-check-time': idle(SCRUBBED),
  'compaction-batch-limit': idle('compaction goes in slices of two milliseconds'),
  'compaction-sleep-interval': idle('compaction goes in slices of two milliseconds'),
  'experimental-compaction-batch-limit': idle('compaction goes in slices of two milliseconds'),
  'experimental-compaction-sleep-interval': idle('compaction goes in slices of two milliseconds'),
  'experimental-enable-lease-checkpoint': idleBoolean(
    'every keep-alive is replicated: what is left of a lease is known',
  ),
  'experimental-enable-lease-checkpoint-persist': idleBoolean(
    'every keep-alive is replicated: what is left of a lease is known',
  ),
  'experimental-txn-mode-write-with-shared-buffer': idleBoolean(NO_BBOLT),
  'memory-mlock': idleBoolean('nothing is held in memory that must not be swapped'),
  'experimental-memory-mlock': idleBoolean('nothing is held in memory that must not be swapped'),
  'max-snapshots': idle('what is kept follows from what the members still need'),
  'max-wals': idle('what is kept follows from what the members still need'),
  'unsafe-no-fsync': idleBoolean('nothing is acknowledged before the disk has it'),
  'wal-dir': idle('the log is in the data directory'),
}

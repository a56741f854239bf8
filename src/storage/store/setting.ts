/** What a store is opened with, and what its parts share. */
import type { Checksum } from '../../core/crc32c.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Disk, DiskError } from '../../runtime/disk.ts'
import type { Jobs } from '../../runtime/jobs.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { BlockCache } from './block-cache.ts'
import { CACHE_BYTES, MEMTABLE_BYTES, MEMTABLE_BYTES_MAX, TABLE_BYTES } from './limits.ts'
import type { TablePlace } from './table-place.ts'

export interface StoreLimits {
  readonly memtableBytes: number
  readonly memtableBytesMax: number
  readonly tableBytes: number
  readonly cacheBytes: number
}

export const STORE_LIMITS: StoreLimits = {
  memtableBytes: MEMTABLE_BYTES,
  memtableBytesMax: MEMTABLE_BYTES_MAX,
  tableBytes: TABLE_BYTES,
  cacheBytes: CACHE_BYTES,
}

export interface StoreOptions {
  readonly disk: Disk
  readonly clock: Clock
  readonly checksum: Checksum
  /** Made if it does not exist; holds nothing but the store. */
  readonly directory: string
  readonly logger: Logger
  /**
   * Stops whoever uses the store: what is on disk is not what was written (`QUORATE_STORE_DAMAGED`), or the disk
   * failed in a way that nobody can vouch for (`QUORATE_STORE_FAILED`). Reads call it from within.
   */
  halt(reason: Error): never
  /** Where tables are made. Default: in turns of the store's own. */
  readonly jobs?: Jobs
  /** Tests and tools may hand in others. */
  readonly limits?: Partial<StoreLimits>
}

/** What the parts of an open store share. */
export interface StoreSetting extends StoreOptions {
  readonly limits: StoreLimits
  readonly jobs: Jobs
  readonly place: TablePlace
  readonly cache: BlockCache
  /** A merge or its switch failed for another reason than a full disk. */
  failed(error: DiskError): void
}

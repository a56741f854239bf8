/** Where tables live, and what they are made and read with. */
import type { Checksum } from '../../core/crc32c.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Disk } from '../../runtime/disk.ts'
import type { StoreDamage } from '../../runtime/store.ts'
import type { SpareBuffers } from './spare-buffers.ts'

export interface TablePlace {
  readonly disk: Disk
  /** The turns in which a table is finished. */
  readonly clock: Clock
  readonly checksum: Checksum
  /** For what is on its way to the disk or from it, of all tables. */
  readonly buffers: SpareBuffers
  /** Exists. */
  readonly directory: string
  /** What a read found is not what was written: nothing may be served any more. Never returns. */
  damaged(damage: StoreDamage): never
}

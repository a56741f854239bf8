/** The file of the manifest: where it is, and what is found there. */
import { DecodeError } from '../../core/bytes.ts'
import type { Checksum } from '../../core/crc32c.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Disk } from '../../runtime/disk.ts'
import type { StoreDamage } from '../../runtime/store.ts'
import type { Manifest } from './manifest.ts'
import { decodeManifest, MANIFEST_BYTES_MAX } from './manifest-codec.ts'

export const MANIFEST_FILE = 'manifest'
/** The next one, until it takes the name. */
export const NEW_MANIFEST_FILE = 'manifest.new'
/** Where earlier versions, whose store was in memory, kept all of its content. */
export const OLD_CHECKPOINT_FILE = 'checkpoint'

/** Where a store is. */
export interface StorePlace {
  readonly disk: Disk
  /** Holds nothing but the store. */
  readonly directory: string
  readonly clock: Clock
  readonly checksum: Checksum
}

/** What stands under the manifest's name. */
export type FoundManifest =
  | { readonly kind: 'manifest'; readonly manifest: Manifest }
  | { readonly kind: 'newerFormat'; readonly version: number }
  | { readonly kind: 'damage'; readonly damage: StoreDamage }

/** Reads the manifest of a store that has one. Throws `DiskError`. */
export function readManifest({ disk, directory, checksum }: Omit<StorePlace, 'clock'>): FoundManifest {
  const path = `${directory}/${MANIFEST_FILE}`
  const damaged = (what: string): FoundManifest => ({
    kind: 'damage',
    damage: { file: path, offsetBytes: 0, what },
  })
  const file = disk.open(path, 'read')
  try {
    const size = file.size()
    if (size > MANIFEST_BYTES_MAX) return damaged('the file is longer than any manifest')
    const bytes = new Uint8Array(size)
    const found = decodeManifest(bytes.subarray(0, file.read(0, bytes)), checksum)
    return 'version' in found
      ? { kind: 'newerFormat', version: found.version }
      : { kind: 'manifest', manifest: found }
  } catch (error) {
    if (error instanceof DecodeError) return damaged(error.message)
    throw error
  } finally {
    file.close()
  }
}

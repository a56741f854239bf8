/**
 * Opens a store's directory to look at it, for tools: nothing in it is changed, made or removed, so it may as well be
 * on a disk that cannot be written to. Nobody may use the store meanwhile: what a running one removes would seem lost.
 * Of all tables one at a time is open.
 */
import { QuorateError } from '../../core/errors.ts'
import { type Disk, DiskError } from '../../runtime/disk.ts'
import type { StoreDamage } from '../../runtime/store.ts'
import { BlockCache } from './block-cache.ts'
import { storeDamaged, storeFormatUnknown, storeOfOldVersion, storeOpenFailed } from './errors.ts'
import { BLOCK_BYTES_MAX } from './limits.ts'
import { type Manifest, type ManifestTable, tablesOf } from './manifest.ts'
import { findSizeDamage } from './manifest-damage.ts'
import {
  MANIFEST_FILE,
  NEW_MANIFEST_FILE,
  OLD_CHECKPOINT_FILE,
  readManifest,
  type StorePlace,
} from './manifest-file.ts'
import { SpareBuffers } from './spare-buffers.ts'
import { Table } from './table.ts'
import { tableIdOf, tableName } from './table-name.ts'

/** A file in the directory that is not of what the store holds. */
export interface StrayFile {
  readonly name: string
  /** An interrupted checkpoint or merge left it, and the next start removes it; anything else stays where it is. */
  readonly isLeftover: boolean
}

/** Whether the directory has anything of a store in it, damaged or of another version as it may be. */
export function holdsStore(disk: Disk, directory: string): boolean {
  return disk.list(directory).some(isOfStore)
}

/**
 * The store that is in the directory; or the damage that keeps anybody from knowing what it consists of; or why it
 * cannot be looked at: `QUORATE_STORE_MISSING`, `QUORATE_STORE_FORMAT`, `QUORATE_STORE_OPEN_FAILED`.
 */
export function inspectStore(place: StorePlace): InspectedStore | StoreDamage | QuorateError {
  const { disk, directory } = place
  try {
    const names = disk.list(directory)
    if (!names.some(isOfStore)) return storeMissing(directory)
    if (names.includes(OLD_CHECKPOINT_FILE)) return storeOfOldVersion(`${directory}/${OLD_CHECKPOINT_FILE}`)
    const file = `${directory}/${MANIFEST_FILE}`
    if (!names.includes(MANIFEST_FILE)) {
      return { file, offsetBytes: 0, what: 'the file is missing, but there are tables' }
    }
    const found = readManifest(place)
    if (found.kind === 'damage') return found.damage
    if (found.kind === 'newerFormat') return storeFormatUnknown(file, found.version)
    return new InspectedStore(place, found.manifest, straysOf(names, found.manifest))
  } catch (error) {
    if (error instanceof DiskError) return storeOpenFailed(directory, error)
    throw error
  }
}

export class InspectedStore {
  readonly manifest: Manifest
  /** In the order of their names. */
  readonly strays: readonly StrayFile[]
  readonly #place: StorePlace
  readonly #buffers = new SpareBuffers()
  /** Nothing that is looked at here comes from a cache. */
  readonly #cache = new BlockCache(BLOCK_BYTES_MAX)

  /** Made by `inspectStore`. */
  constructor(place: StorePlace, manifest: Manifest, strays: readonly StrayFile[]) {
    this.#place = place
    this.manifest = manifest
    this.strays = strays
  }

  /** A table that the manifest names, for the caller to close; or what is wrong with what stands around its blocks. */
  openTable({ id, fileBytes }: ManifestTable): Table | StoreDamage {
    try {
      const damage = findSizeDamage(this.#place.disk, this.#pathOf(id), fileBytes)
      return (
        damage ?? Table.open({ ...this.#place, buffers: this.#buffers, damaged: refuse }, this.#cache, id)
      )
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      const isMissing = error.kind === 'notFound'
      return this.damageOf(id, isMissing ? 'the file is missing' : `it cannot be read: ${error.message}`)
    }
  }

  /** A damage of a table as a whole. */
  damageOf(id: number, what: string): StoreDamage {
    return { file: this.#pathOf(id), offsetBytes: 0, what }
  }

  #pathOf(id: number): string {
    return `${this.#place.directory}/${tableName(id)}`
  }
}

/** Readers of single records call it; whoever inspects looks at whole tables. */
function refuse(damage: StoreDamage): never {
  throw storeDamaged(damage)
}

function isOfStore(name: string): boolean {
  return name === MANIFEST_FILE || name === OLD_CHECKPOINT_FILE || tableIdOf(name) !== undefined
}

function straysOf(names: readonly string[], manifest: Manifest): StrayFile[] {
  const named = new Set([MANIFEST_FILE, ...tablesOf(manifest).map(({ id }) => tableName(id))])
  return names
    .filter(name => !named.has(name))
    .map(name => ({ name, isLeftover: name === NEW_MANIFEST_FILE || tableIdOf(name) !== undefined }))
}

function storeMissing(directory: string): QuorateError {
  return new QuorateError('QUORATE_STORE_MISSING', `there is no store in ${directory}`, 'refused', {
    hint: 'Name a node\'s data directory, or the directory "store" in it.',
  })
}

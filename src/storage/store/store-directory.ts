/**
 * Opens the directory of a store: finds out what the store consists of, and removes what a crash left besides.
 *
 * The first opening of all makes an empty manifest durable before it hands the store out. So wherever there is a
 * table there was a manifest first, and a manifest that is missing beside tables was lost: nothing is begun anew
 * there. Without tables nothing tells a store that is new from one that was lost as a whole; whoever keeps
 * the log does, by what the log's base says that a store must hold.
 *
 * The order is the promise here too. First everything is judged, and nothing is touched in a directory that is
 * refused. Then the directory is synced: the last process may have died between a switch and the sync after it,
 * and what it replaced must not go before the switch is durable. Then leftovers are removed, and that is made
 * durable as well: the id of a table that no manifest ever named may be used again.
 */
import { QuorateError } from '../../core/errors.ts'
import { DiskError } from '../../runtime/disk.ts'
import type { Logger } from '../../runtime/logger.ts'
import { parentOf } from '../path.ts'
import { storeDamaged, storeFormatUnknown, storeOfOldVersion, storeOpenFailed } from './errors.ts'
import { type Manifest, NO_MANIFEST, tablesOf } from './manifest.ts'
import { findTableDamages } from './manifest-damage.ts'
import {
  MANIFEST_FILE,
  NEW_MANIFEST_FILE,
  OLD_CHECKPOINT_FILE,
  readManifest,
  type StorePlace,
} from './manifest-file.ts'
import { ManifestWriter } from './manifest-writer.ts'
import { tableIdOf } from './table-name.ts'

export interface StoreDirectoryOptions extends StorePlace {
  /** Made with its parents if it does not exist. */
  readonly directory: string
  readonly logger: Logger
}

/**
 * Calls back, in a later turn, with the manifest of what is there: every table that it names is there in its size,
 * everything else that was a table or on its way to be the manifest is gone, and all of that is durable. Or with why
 * there is no store, and then nothing was removed unless the disk failed at it:
 *
 * - `QUORATE_STORE_DAMAGED`: the manifest, or a table that it names, is not what was written,
 * - `QUORATE_STORE_FORMAT`: another version of Quorate wrote it,
 * - `QUORATE_STORE_OPEN_FAILED`: the disk does not let it be opened.
 */
export function openStoreDirectory(
  options: StoreDirectoryOptions,
  opened: (outcome: Manifest | QuorateError) => void,
): void {
  new Opening(options, opened).begin()
}

class Opening {
  readonly #options: StoreDirectoryOptions
  readonly #opened: (outcome: Manifest | QuorateError) => void

  constructor(options: StoreDirectoryOptions, opened: (outcome: Manifest | QuorateError) => void) {
    this.#options = options
    this.#opened = opened
  }

  begin(): void {
    const { disk, directory } = this.#options
    this.#attempt(() => {
      disk.makeDirectory(directory)
      const names = disk.list(directory)
      const found = this.#judge(names)
      // While there is no manifest, nobody knows whether the directory's own name was ever made durable.
      const directories = found === undefined ? [parentOf(directory), directory] : [directory]
      this.#sync(directories, () => this.#clear(names, found))
    })
  }

  /** The manifest, checked against the names of the files; undefined if a store begins here. */
  #judge(names: readonly string[]): Manifest | undefined {
    if (names.includes(OLD_CHECKPOINT_FILE)) throw storeOfOldVersion(this.#path(OLD_CHECKPOINT_FILE))
    const path = this.#path(MANIFEST_FILE)
    if (!names.includes(MANIFEST_FILE)) {
      if (!names.some(isTable)) return undefined
      throw storeDamaged({ file: path, offsetBytes: 0, what: 'the file is missing, but there are tables' })
    }
    const found = readManifest(this.#options)
    if (found.kind === 'damage') throw storeDamaged(found.damage)
    if (found.kind === 'newerFormat') throw storeFormatUnknown(path, found.version)
    const [damage] = findTableDamages(this.#options, found.manifest)
    if (damage !== undefined) throw storeDamaged(damage)
    return found.manifest
  }

  /** Removes what an interrupted checkpoint, merge or switch left. */
  #clear(names: readonly string[], found: Manifest | undefined): void {
    const { disk, directory, logger } = this.#options
    const named = new Set(tablesOf(found ?? NO_MANIFEST).map(({ id }) => id))
    const leftovers = names.filter(name => {
      const id = tableIdOf(name)
      return name === NEW_MANIFEST_FILE || (id !== undefined && !named.has(id))
    })
    for (const name of leftovers) disk.remove(this.#path(name))
    if (leftovers.length > 0) logger.info('leftovers of a store removed', { files: leftovers.length })
    this.#sync(leftovers.length > 0 ? [directory] : [], () => {
      if (found === undefined) this.#beginStore()
      else this.#end(found)
    })
  }

  #beginStore(): void {
    const writer = new ManifestWriter(this.#options, NO_MANIFEST)
    writer.change(
      current => current,
      error => {
        if (error === null) this.#end(writer.current)
        else this.#fail(error)
      },
    )
  }

  #sync(directories: readonly string[], done: () => void): void {
    const [first, ...rest] = directories
    if (first === undefined) return this.#attempt(done)
    this.#options.disk.syncDirectory(first, error => {
      if (error === null) this.#sync(rest, done)
      else this.#fail(error)
    })
  }

  #attempt(step: () => void): void {
    try {
      step()
    } catch (error) {
      if (error instanceof DiskError) this.#fail(error)
      else if (error instanceof QuorateError) this.#end(error)
      else throw error
    }
  }

  #fail(error: DiskError): void {
    this.#end(storeOpenFailed(this.#options.directory, error))
  }

  #end(outcome: Manifest | QuorateError): void {
    this.#options.clock.soon(() => this.#opened(outcome))
  }

  #path(name: string): string {
    return `${this.#options.directory}/${name}`
  }
}

function isTable(name: string): boolean {
  return tableIdOf(name) !== undefined
}

/** Opens the store that is in a directory, or begins one. */
import { QuorateError } from '../../core/errors.ts'
import { DiskError } from '../../runtime/disk.ts'
import { inlineJobs } from '../../runtime/jobs.ts'
import type { StoreDamage } from '../../runtime/store.ts'
import { BlockCache } from './block-cache.ts'
import { StoreContent } from './content.ts'
import { noteDamage } from './damage-note.ts'
import { storeDamaged, storeFailed, storeOpenFailed } from './errors.ts'
import { haltingDisk } from './halting-disk.ts'
import { LsmStore } from './lsm-store.ts'
import { type Manifest, tablesOf } from './manifest.ts'
import { ManifestWriter } from './manifest-writer.ts'
import { Run } from './run.ts'
import { STORE_LIMITS, type StoreOptions, type StoreSetting } from './setting.ts'
import { SpareBuffers } from './spare-buffers.ts'
import { openStoreDirectory } from './store-directory.ts'
import { Table } from './table.ts'
import { Version } from './version.ts'

/**
 * Calls back, in a later turn, with the store; or with why there is none, and then nothing on the disk was changed
 * but for what an interrupted checkpoint or merge left: `QUORATE_STORE_DAMAGED`, `QUORATE_STORE_FORMAT`,
 * `QUORATE_STORE_OPEN_FAILED`. Of a table its index, filter and footer are read; its blocks are checked when they are
 * read. Whether an empty store may be one that was lost is for the caller to know: the log's base says what it
 * must hold.
 */
export function openStore(options: StoreOptions, opened: (outcome: LsmStore | QuorateError) => void): void {
  const opening = new Opening(options, opened)
  openStoreDirectory(options, outcome => {
    if (outcome instanceof QuorateError) opened(outcome)
    else opening.begin(outcome)
  })
}

class Opening {
  readonly #setting: StoreSetting
  readonly #opened: (outcome: LsmStore | QuorateError) => void
  readonly #tables = new Map<number, Table>()
  #isOpen = false

  constructor(options: StoreOptions, opened: (outcome: LsmStore | QuorateError) => void) {
    const limits = { ...STORE_LIMITS, ...options.limits }
    const halt = (error: QuorateError): never => options.halt(error)
    const unreadable = (error: DiskError): never => {
      if (this.#isOpen) halt(storeFailed('read', error))
      throw error
    }
    this.#setting = {
      ...options,
      limits,
      jobs: options.jobs ?? inlineJobs(options),
      place: {
        clock: options.clock,
        disk: haltingDisk(options.disk, unreadable),
        directory: options.directory,
        checksum: options.checksum,
        buffers: new SpareBuffers(),
        damaged: damage => {
          noteDamage(options.disk, options.directory)
          return halt(storeDamaged(damage))
        },
      },
      cache: new BlockCache(limits.cacheBytes),
      failed: error => halt(storeFailed('write', error)),
    }
    this.#opened = opened
  }

  begin(manifest: Manifest): void {
    const ids = tablesOf(manifest).map(({ id }) => id)
    this.#openTables(manifest, ids.values())
  }

  /** One a turn: a table's index and filter may be of some megabytes. */
  #openTables(manifest: Manifest, ids: Iterator<number>): void {
    const { done, value: id } = ids.next()
    if (done) return this.#finish(manifest)
    const table = this.#openTable(id)
    if (table instanceof QuorateError) return this.#refuse(table)
    this.#tables.set(id, table)
    this.#setting.clock.nextTurn(() => this.#openTables(manifest, ids))
  }

  #openTable(id: number): Table | QuorateError {
    const { place, cache, directory } = this.#setting
    try {
      const table: Table | StoreDamage = Table.open(place, cache, id)
      return table instanceof Table ? table : storeDamaged(table)
    } catch (error) {
      if (error instanceof DiskError) return storeOpenFailed(directory, error)
      throw error
    }
  }

  #refuse(error: QuorateError): void {
    for (const table of this.#tables.values()) table.close()
    this.#opened(error)
  }

  #finish(manifest: Manifest): void {
    const runs = manifest.keyspaces.map(
      ({ keyspace, runs }) =>
        [keyspace, runs.map(run => new Run(run.map(({ id }) => this.#tables.get(id)!)))] as const,
    )
    const version = new Version(new Map(runs))
    const { logger, clock } = this.#setting
    const { generation } = manifest
    logger.info('store opened', { generation, tables: this.#tables.size, keys: version.weight })
    const content = new StoreContent(new ManifestWriter(this.#setting, manifest), version)
    this.#isOpen = true
    clock.soon(() => this.#opened(new LsmStore(this.#setting, content)))
  }
}

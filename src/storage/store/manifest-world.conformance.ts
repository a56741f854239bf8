/** Where tests switch manifests, of tables that hold nothing but their number again and again. */
import { expect } from 'vitest'
import { assert } from '../../core/assert.ts'
import { equalBytes } from '../../core/bytes.ts'
import { crc32c } from '../../core/crc32c.ts'
import { QuorateError } from '../../core/errors.ts'
import { DiskError } from '../../runtime/disk.ts'
import { silentLogger } from '../../runtime/logger.ts'
import type { DiskStep } from '../../sim/disk.ts'
import { DiskWorld } from '../disk-world.conformance.ts'
import { type Manifest, type ManifestTable, NO_MANIFEST, tablesOf } from './manifest.ts'
import { MANIFEST_FILE, readManifest, type StorePlace } from './manifest-file.ts'
import { type ManifestChange, ManifestWriter } from './manifest-writer.ts'
import { openStoreDirectory } from './store-directory.ts'
import { tableName } from './table-name.ts'

const DIRECTORY = 'data/store'

export const FIRST: ManifestTable = { id: 1, fileBytes: 600 }
export const SECOND: ManifestTable = { id: 2, fileBytes: 700 }
export const THIRD: ManifestTable = { id: 3, fileBytes: 800 }
export const FOURTH: ManifestTable = { id: 4, fileBytes: 900 }

export class ManifestWorld extends DiskWorld {
  /** The directory is there and empty, unless it is to be made. */
  constructor(seed = 1, isMade = true) {
    super(seed)
    if (isMade) this.disk.makeDirectory(DIRECTORY)
  }

  get place(): StorePlace {
    const { disk, clock } = this
    return { disk, clock, directory: DIRECTORY, checksum: crc32c }
  }

  writer(current: Manifest = NO_MANIFEST): ManifestWriter {
    return new ManifestWriter(this.place, current)
  }

  change(writer: ManifestWriter, change: ManifestChange): DiskError | null {
    return this.await(done => writer.change(change, done))
  }

  /** The manifest of the store that is opened, or what it is refused with. */
  tryToOpen(): Manifest | QuorateError {
    return this.await<Manifest | QuorateError>(done =>
      openStoreDirectory({ ...this.place, logger: silentLogger }, done),
    )
  }

  /** Throws what the store is refused with. */
  open(): Manifest {
    const outcome = this.tryToOpen()
    if (outcome instanceof QuorateError) throw outcome
    return outcome
  }

  /** A table whose content is durable, and whose name is not. */
  makeTable({ id, fileBytes }: ManifestTable): void {
    const file = this.disk.open(this.path(tableName(id)), 'create')
    const error = this.await<DiskError | null>(done =>
      file.writeSynced(0, [new Uint8Array(fileBytes).fill(id)], done),
    )
    assert(error === null, 'the table is made')
    file.close()
  }

  /** What is under the manifest's name, which must be whole; undefined if there is none. */
  stored(): Manifest | undefined {
    if (!this.disk.exists(this.path(MANIFEST_FILE))) return undefined
    const found = readManifest(this.place)
    assert(found.kind === 'manifest', 'the manifest is whole')
    return found.manifest
  }

  /** Whatever the manifest names is there, with its content. */
  expectTables(manifest: Manifest): void {
    const image = this.disk.image()
    for (const { id, fileBytes } of tablesOf(manifest)) {
      const content = image.get(this.path(tableName(id)))
      const isWhole = content !== undefined && equalBytes(content, new Uint8Array(fileBytes).fill(id))
      assert(isWhole, `table ${id} is there, and whole`)
    }
  }

  names(): string[] {
    return this.disk.list(DIRECTORY)
  }

  path(name: string): string {
    return `${DIRECTORY}/${name}`
  }

  /** Before the next such operation takes effect. */
  beforeNext(operation: string, run: (step: DiskStep) => void): void {
    this.disk.onStep = step => {
      if (step.operation !== operation) return
      this.disk.onStep = undefined
      run(step)
    }
  }

  /** The next such operation throws. */
  refuseNext(operation: string): void {
    this.beforeNext(operation, ({ path }) => {
      throw new DiskError('io', path, `${operation} refused`)
    })
  }
}

/** A store of two generations, the second of which names the first table. */
export function beginStore(seed = 1): { world: ManifestWorld; manifest: Manifest } {
  const world = new ManifestWorld(seed, false)
  const writer = world.writer(world.open())
  world.makeTable(FIRST)
  expect(world.change(writer, addingTable(FIRST))).toBeNull()
  return { world, manifest: writer.current }
}

/** One more run, the newest, in keyspace 7. */
export function addingTable(table: ManifestTable): ManifestChange {
  return ({ keyspaces }) => ({
    nextTableId: table.id + 1,
    keyspaces: [{ keyspace: 7, runs: [[table], ...(keyspaces[0]?.runs ?? [])] }],
  })
}

/** One run instead of all, as by a merge. */
export function replacingAll(table: ManifestTable): ManifestChange {
  return () => ({ nextTableId: table.id + 1, keyspaces: [{ keyspace: 7, runs: [[table]] }] })
}

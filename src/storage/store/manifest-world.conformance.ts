/** Where tests switch manifests: virtual time, and a disk whose power can be cut, with tables of zeros. */
import { expect } from 'vitest'
import { assert } from '../../core/assert.ts'
import { equalBytes } from '../../core/bytes.ts'
import { crc32c } from '../../core/crc32c.ts'
import { QuorateError } from '../../core/errors.ts'
import { randomFromSeed } from '../../core/prng.ts'
import { DiskError } from '../../runtime/disk.ts'
import { silentLogger } from '../../runtime/logger.ts'
import { SimulatedClock } from '../../sim/clock.ts'
import { type DiskStep, SimulatedDisk } from '../../sim/disk.ts'
import { type Manifest, type ManifestTable, NO_MANIFEST, tablesOf } from './manifest.ts'
import { MANIFEST_FILE, readManifest, type StorePlace } from './manifest-file.ts'
import { type ManifestChange, ManifestWriter } from './manifest-writer.ts'
import { openStoreDirectory } from './store-directory.ts'
import { tableName } from './table-name.ts'

class PowerCut extends Error {}

const DIRECTORY = 'data/store'

export const FIRST: ManifestTable = { id: 1, fileBytes: 600 }
export const SECOND: ManifestTable = { id: 2, fileBytes: 700 }
export const THIRD: ManifestTable = { id: 3, fileBytes: 800 }
export const FOURTH: ManifestTable = { id: 4, fileBytes: 900 }

export class ManifestWorld {
  readonly disk: SimulatedDisk
  readonly #world = new SimulatedClock()
  #clock = this.#world.node()

  /** The directory is there and empty, unless it is to be made. */
  constructor(seed = 1, isMade = true) {
    this.disk = new SimulatedDisk({ clock: this.#clock, random: randomFromSeed(seed) })
    if (isMade) this.disk.makeDirectory(DIRECTORY)
  }

  get place(): StorePlace {
    return { disk: this.disk, directory: DIRECTORY, clock: this.#clock, checksum: crc32c }
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

  usedBytes(): number {
    return [...this.disk.image().values()].reduce((sum, file) => sum + file.length, 0)
  }

  path(name: string): string {
    return `${DIRECTORY}/${name}`
  }

  /** Lets the world go on until the call-back comes, which must not be within the call. */
  await<Result>(start: (done: (result: Result) => void) => void): Result {
    const results: Result[] = []
    start(result => results.push(result))
    assert(results.length === 0, 'a call-back never comes within the call')
    while (results.length === 0) assert(this.step(), 'a call-back comes')
    return results[0]!
  }

  step(): boolean {
    return this.#world.step()
  }

  settle(): void {
    this.#world.runUntilIdle()
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

  /** The power fails; nothing that was running ever calls back. */
  crash(): void {
    this.#restart(() => this.disk.crash())
  }

  /** Runs until the power fails, or only the process, at the disk's step `number`; false if it ends before. */
  crashAtStep(number: number, run: () => void, end: 'crash' | 'kill' = 'crash'): boolean {
    let left = number
    this.disk.onStep = () => {
      if (left-- === 0) throw new PowerCut()
    }
    try {
      run()
      return false
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error
      return true
    } finally {
      this.#restart(() => this.disk[end]())
    }
  }

  #restart(end: () => void): void {
    this.#clock.kill()
    this.disk.onStep = undefined
    end()
    this.#clock = this.#world.node()
    this.disk.useClock(this.#clock)
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

/**
 * The store: what was written last is in memory, what was checkpointed is in tables on disk, and both are read as
 * one (`layers.ts`). See `DESIGN.md`.
 *
 * Whatever replaces content durably (a checkpoint, the commit of an installation) happens one at a time, in the
 * order asked for; merges go on beside it. After a disk error a checkpoint may be asked for again, except when
 * nobody knows which content a power loss would leave: then every one is refused with that same error.
 */
import { assert } from '../../core/assert.ts'
import { DiskError } from '../../runtime/disk.ts'
import type {
  Direction,
  KeyRange,
  Store,
  StoreBatch,
  StoreCallback,
  StoreCursor,
  StoreDamage,
  StoreInstallation,
  StorePin,
} from '../../runtime/store.ts'
import { Memtable, RECORD_SHARE_BYTES } from '../memtable/memtable.ts'
import type { StoreContent } from './content.ts'
import { Installation } from './installation.ts'
import { countIn, getFrom, type Layers, recordsIn } from './layers.ts'
import { FIRST_MEMTABLE_BYTES } from './limits.ts'
import { LsmBatch, LsmPin } from './lsm-views.ts'
import { Merging } from './merging.ts'
import { PairsCursor } from './pairs-cursor.ts'
import { Scrub } from './scrub.ts'
import type { StoreSetting } from './setting.ts'
import { Table } from './table.ts'
import { TableMaker } from './table-maker.ts'
import type { TableMeta } from './table-meta.ts'
import type { TableSequenceOptions } from './table-sequence.ts'
import { verifyStore } from './verify-store.ts'
import { Version } from './version.ts'

/** Something that makes content durable; `ended` is called when it has. */
type DurableWrite = (ended: StoreCallback) => void

export class LsmStore implements Store {
  readonly #setting: StoreSetting
  readonly #content: StoreContent
  readonly #maker: TableMaker
  readonly #merging: Merging
  readonly #scrub: Scrub
  /** Newest first: the one that is written to, and those that are being made durable. */
  #memory: readonly [Memtable, ...Memtable[]] = [new Memtable()]
  /** Changes with every write, and when what is read is replaced. */
  #version = 0
  #batch: LsmBatch | undefined
  readonly #waiting: { readonly write: DurableWrite; readonly done: StoreCallback }[] = []
  readonly #congested: (() => void)[] = []
  /** Memtables that became tables since the store was opened. */
  #flushes = 0
  #pins = 0
  /** A checkpoint, or the commit of an installation, is under way. */
  #isWriting = false
  #isCheckpointing = false
  #isInstalling = false
  #closed = false

  /** Made by `openStore`. */
  constructor(setting: StoreSetting, content: StoreContent) {
    this.#setting = setting
    this.#content = content
    this.#scrub = new Scrub(
      () => content.version,
      damage => setting.place.damaged(damage),
    )
    this.#maker = new TableMaker(setting, count => content.takeTableIds(count))
    this.#merging = new Merging(this.#maker, setting.limits.tableBytes, content, {
      openTable: meta => this.#open(meta),
      failed: error => setting.failed(error),
    })
    this.#merging.consider()
  }

  /** Changes with every write and every switch to other tables: what a cursor looks at to know that it has ended. */
  get version(): number {
    return this.#version + this.#content.switches
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return getFrom(this.#readable(), key)
  }

  scan(range: KeyRange, direction: Direction = 'forward'): StoreCursor {
    return new PairsCursor(recordsIn(this.#readable(), range, direction), this)
  }

  count(range: KeyRange): number {
    return countIn(this.#readable(), range)
  }

  batch(): StoreBatch {
    const layers = this.#readable()
    this.#version++
    this.#batch = new LsmBatch(layers, this.#memory[0], () => {
      this.#batch = undefined
      this.#version++
    })
    return this.#batch
  }

  pin(): StorePin {
    const [memtable, ...frozen] = this.#readable().memory
    const version = this.#content.pin()
    this.#pins++
    return new LsmPin(memtable.pin(), frozen, version, () => {
      this.#pins--
      if (!this.#closed) this.#content.release(version)
    })
  }

  checkpoint(done: StoreCallback): void {
    assert(!this.#isCheckpointing, 'one checkpoint at a time')
    this.#readable()
    this.#isCheckpointing = true
    this.#freeze()
    this.#enqueue(
      ended => this.#flushFrozen(ended),
      error => {
        this.#isCheckpointing = false
        done(error)
      },
    )
  }

  get checkpointDue(): boolean {
    const { memtableBytes } = this.#setting.limits
    return this.#memory[0].bytes >= Math.min(memtableBytes, FIRST_MEMTABLE_BYTES * 4 ** this.#flushes)
  }

  get isCongested(): boolean {
    return this.#memoryBytes >= this.#setting.limits.memtableBytesMax
  }

  whenRelieved(run: () => void): void {
    assert(this.isCongested, 'only who finds the store congested waits for its relief')
    this.#congested.push(run)
  }

  install(): StoreInstallation {
    assert(!this.#closed, 'a closed store is not used')
    return new Installation(this.#making(), (run, done) => {
      assert(!this.#isInstalling, 'one installation is committed at a time')
      this.#isInstalling = true
      this.#enqueue(
        ended => run((tables, taken) => this.#replaceAll(tables, taken), ended),
        error => {
          this.#isInstalling = false
          done(error)
        },
      )
    })
  }

  /** Views of the past that somebody holds: while one does, what it shows takes room. */
  get pins(): number {
    return this.#pins
  }

  /** How much it holds in memory; writers wait from the limit on, and what they had begun comes on top. */
  get memory(): { readonly bytes: number; readonly bytesMax: number } {
    return { bytes: this.#memoryBytes, bytesMax: this.#setting.limits.memtableBytesMax }
  }

  sizeBytes(): number {
    const { liveBytes, weight } = this.#content.version
    // What is removed was as large as what is in tables, on average: a tombstone does not tell.
    const removedBytes = weight > 0 ? liveBytes / weight : 0
    let bytes = 0
    for (const memtable of this.#memory) {
      bytes += memtable.weight < 0 ? memtable.weight * removedBytes : liveBytesOf(memtable)
    }
    return Math.max(0, bytes + liveBytes)
  }

  /** What its tables take on disk. */
  get fileBytes(): number {
    let bytes = 0
    for (const { meta } of this.#content.version.tables()) bytes += meta.fileBytes
    return bytes
  }

  /** Memory that is held for what was read of them. */
  get cacheBytes(): number {
    return this.#setting.cache.heldBytes
  }

  /**
   * Merges all that is on disk into one run for each keyspace, beside everything else; calls back, never within the
   * call, when that is done, or with why it was given up. A closed store calls nobody.
   */
  defragment(done: StoreCallback): void {
    assert(!this.#closed, 'a closed store is not used')
    this.#setting.clock.soon(() => {
      if (!this.#closed) this.#merging.mergeAll(done)
    })
  }

  verify(): StoreDamage[] {
    return verifyStore(this.#setting, this.#content.manifest, this.#content.version)
  }

  /** Reads and checks about so many bytes more of what is on disk, round after round; stops the node at damage. */
  scrub(bytesMax: number): void {
    assert(!this.#closed, 'a closed store is not used')
    this.#scrub.slice(bytesMax)
  }

  close(closed: () => void = () => {}): void {
    this.#closed = true
    this.#waiting.length = 0
    this.#congested.length = 0
    this.#merging.stop()
    this.#content.close()
    this.#maker.stop(closed)
  }

  get #memoryBytes(): number {
    return this.#memory.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** What is read, between batches. */
  #readable(): Layers & { readonly memory: readonly [Memtable, ...Memtable[]] } {
    assert(!this.#closed, 'a closed store is not used')
    assert(this.#batch === undefined, 'while a batch is open, only the batch is read')
    return { memory: this.#memory, version: this.#content.version }
  }

  #making(): TableSequenceOptions {
    const { clock, place, limits } = this.#setting
    return { clock, place, tableBytes: limits.tableBytes, nextTableId: () => this.#content.takeTableIds(1) }
  }

  /** What was just written is there. */
  #open({ id }: TableMeta): Table {
    const { place, cache } = this.#setting
    const table = Table.open(place, cache, id)
    return table instanceof Table ? table : place.damaged(table)
  }

  #freeze(): void {
    const [memtable] = this.#memory
    if (memtable.records === 0) return
    memtable.freeze()
    this.#memory = [new Memtable(), ...this.#memory]
    this.#version++
  }

  /** One by one, the oldest first: after a checkpoint that failed there are several. */
  #flushFrozen(ended: StoreCallback): void {
    const [, ...frozen] = this.#memory
    const oldest = frozen.at(-1)
    if (oldest === undefined) return this.#setting.clock.soon(() => ended(null))
    this.#maker.flush(oldest, this.#content.version, outcome => {
      if (outcome instanceof DiskError) return ended(outcome)
      const tables = outcome.map(meta => this.#open(meta))
      this.#content.switch(
        current => current.withNewer(tables),
        tables,
        error => {
          if (error !== null) return ended(error)
          this.#flushes++
          this.#letGo([oldest])
          if (frozen.length === 1) ended(null)
          else this.#flushFrozen(ended)
        },
      )
    })
  }

  #letGo(frozen: readonly Memtable[]): void {
    const [memtable, ...others] = this.#memory
    this.#memory = [memtable, ...others.filter(other => !frozen.includes(other))]
    this.#version++
    if (!this.isCongested) for (const run of this.#congested.splice(0)) this.#setting.clock.soon(run)
    this.#merging.consider()
  }

  #replaceAll(made: readonly TableMeta[], ended: StoreCallback): void {
    this.#merging.stop()
    const tables = made.map(meta => this.#open(meta))
    this.#content.switch(
      () => new Version().withNewer(tables),
      tables,
      error => {
        if (error === null) {
          const old = this.#memory
          old[0].end()
          this.#memory = [new Memtable(), ...old]
          this.#letGo(old)
        }
        this.#merging.resume()
        ended(error)
      },
    )
  }

  #enqueue(write: DurableWrite, done: StoreCallback): void {
    this.#waiting.push({ write, done })
    if (!this.#isWriting) this.#startNext()
  }

  #startNext(): void {
    const next = this.#waiting.shift()
    this.#isWriting = next !== undefined && !this.#closed
    if (next === undefined || this.#closed) return
    next.write(error => {
      if (this.#closed) return
      // It may ask for the next one, which waits for its turn.
      next.done(error)
      this.#startNext()
    })
  }
}

/** About how many bytes of keys and values a memtable adds to what there is. */
function liveBytesOf({ records, bytes, weight }: Memtable): number {
  return records === 0 ? 0 : (bytes / records - RECORD_SHARE_BYTES) * weight
}

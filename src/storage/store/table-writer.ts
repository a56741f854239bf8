/**
 * Makes the file of a table from records in ascending order. What comes in is copied and leaves in long writes, one
 * at a time; whoever adds asks `isCongested` now and then and waits. Nothing is a table before `finish` has
 * called back with what is known of it, and the directory is durable.
 */
import { assert } from '../../core/assert.ts'
import { compareBytes, copyBytes } from '../../core/bytes.ts'
import type { DiskError } from '../../runtime/disk.ts'
import { BlockBuilder, isLone, loneBlockBytes, writeLoneBlock } from './block-builder.ts'
import { blockSeed } from './block-format.ts'
import { FilterBuilder } from './filter.ts'
import { keyHash } from './key-hash.ts'
import { BLOCK_BYTES_MAX, BUFFER_BYTES } from './limits.ts'
import { INSERT, type RecordKind, TOMBSTONE, weightOf } from './record.ts'
import type { RecordView } from './record-cursor.ts'
import { tableMeta, writeTableHeader, writeTableMeta, writeTableTail } from './table-format.ts'
import { TableIndexBuilder } from './table-index.ts'
import type { TableMeta } from './table-meta.ts'
import { tableName } from './table-name.ts'
import type { TablePlace } from './table-place.ts'
import { TableWriterOutput } from './table-writer-output.ts'

type Step = 'adding' | 'finishing' | 'made' | 'ended'

export class TableWriter {
  readonly #place: TablePlace
  readonly #id: number
  readonly #output: TableWriterOutput
  readonly #seed: number
  readonly #builder: BlockBuilder
  readonly #index = new TableIndexBuilder()
  readonly #filter = new FilterBuilder()
  /** The last key of the block that was sealed last. */
  #sealedKey = new Uint8Array(64)
  #sealedKeyLength = 0
  /** What separates the staged block from the one before. */
  #separator = new Uint8Array(0)
  #firstKey: Uint8Array | undefined
  #records = 0
  #tombstones = 0
  #superseding = 0
  #putBytes = 0
  #step: Step = 'adding'
  #relieved: (() => void) | undefined
  #done: ((outcome: TableMeta | DiskError) => void) | undefined
  /** What goes on when everything written so far has arrived. */
  #whenWritten: (() => void) | undefined

  /** Makes the file; that it cannot be made is told by `finish`, as every error is. */
  constructor(place: TablePlace, id: number) {
    const { directory, checksum } = place
    this.#place = place
    this.#id = id
    this.#builder = new BlockBuilder(checksum)
    this.#output = new TableWriterOutput(place, `${directory}/${tableName(id)}`, () => this.#settled())
    const { bytes, seed } = writeTableHeader(id, checksum)
    this.#seed = seed
    copyBytes(bytes, 0, bytes.length, this.#output.room(bytes.length), 0)
    this.#output.advance(bytes.length)
  }

  /** Copies the record, with its checksum as it is, as one of this kind. Keys strictly ascend. */
  add(record: RecordView, kind: RecordKind): void {
    assert(this.#step === 'adding', 'a finished table takes no records')
    const { keyBytes, keyLength } = record
    const valueLength = kind === TOMBSTONE ? 0 : record.valueLength
    const shared = this.#sharedWithLast(keyBytes, keyLength)
    const hash = keyHash(keyBytes, keyLength)
    this.#filter.add(hash)
    this.#records++
    if (kind === TOMBSTONE) this.#tombstones++
    else this.#putBytes += keyLength + valueLength
    if (kind !== INSERT) this.#superseding++
    if (this.#firstKey === undefined) this.#firstKey = keyBytes.slice(0, keyLength)
    if (isLone(keyLength, valueLength)) return this.#addLone(record, kind, hash, shared)
    if (this.#builder.records > 0) {
      if (this.#builder.add(record, kind, hash, shared)) return
      this.#sealBlock()
    }
    if (this.#index.blocks > 0) this.#separator = keyBytes.slice(0, shared + 1)
    this.#builder.add(record, kind, hash, 0)
  }

  /** The file's length so far, without index and filter. */
  get fileBytes(): number {
    return this.#output.fileBytes
  }

  /** Records added so far. */
  get records(): number {
    return this.#records
  }

  /** What the disk refused; nothing that is added helps any more. */
  get error(): DiskError | undefined {
    return this.#output.error
  }

  /** So much waits for the disk that whoever adds should wait for it too. */
  get isCongested(): boolean {
    return this.#output.isCongested
  }

  /** Calls back once when it is not congested, in a later turn; one at a time. Also after an error. */
  whenRelieved(run: () => void): void {
    assert(this.#relieved === undefined, 'one at a time waits for the writer')
    this.#relieved = run
    if (!this.isCongested) this.#place.clock.nextTurn(() => this.#relieve())
  }

  /**
   * Writes what is left, in slices, and makes the file durable (not its name); or, after an error, removes it.
   * Calls back once, in a later turn. There must be at least one record.
   */
  finish(done: (outcome: TableMeta | DiskError) => void): void {
    assert(this.#step === 'adding' && this.#records > 0, 'a table with records is finished once')
    this.#step = 'finishing'
    this.#done = done
    if (this.#builder.records > 0) this.#sealBlock()
    this.#nextTurn(() => this.#buildFilter())
  }

  /**
   * Forgets the table and removes its file when the disk lets go of it; then `gone` is called, and nobody else any
   * more. May follow an error.
   */
  abort(gone: () => void): void {
    assert(this.#step !== 'made', 'what is a table is removed, not aborted')
    this.#step = 'ended'
    this.#done = this.#relieved = this.#whenWritten = undefined
    this.#output.drop(gone)
  }

  #addLone(record: RecordView, kind: RecordKind, hash: number, shared: number): void {
    if (this.#builder.records > 0) this.#sealBlock()
    const { keyBytes, keyLength } = record
    const separator = this.#index.blocks > 0 ? keyBytes.slice(0, shared + 1) : new Uint8Array(0)
    const seed = blockSeed(this.#seed, this.#output.fileBytes)
    const length = loneBlockBytes(record, kind)
    // What is too long for the room gets an array, which is left to the collector.
    const fits = length <= BUFFER_BYTES
    const block = fits ? this.#output.room(length) : new Uint8Array(length)
    const at = fits ? this.#output.chunkAt : 0
    writeLoneBlock(record, kind, hash, seed, this.#place.checksum, block, at)
    if (fits) this.#output.advance(length)
    else this.#output.write(block)
    this.#index.add(length, weightOf(kind), separator)
    this.#keepSealedKey(keyBytes, 0, keyLength)
  }

  #sealBlock(): void {
    const { weight, lastKeyBytes, lastKeyAt, lastKeyLength } = this.#builder
    this.#keepSealedKey(lastKeyBytes, lastKeyAt, lastKeyLength)
    const seed = blockSeed(this.#seed, this.#output.fileBytes)
    const room = this.#output.room(BLOCK_BYTES_MAX)
    const length = this.#builder.seal(room, this.#output.chunkAt, seed)
    this.#output.advance(length)
    this.#index.add(length, weight, this.#separator)
  }

  #keepSealedKey(bytes: Uint8Array, at: number, length: number): void {
    if (length > this.#sealedKey.length) this.#sealedKey = new Uint8Array(2 * length)
    copyBytes(bytes, at, length, this.#sealedKey, 0)
    this.#sealedKeyLength = length
  }

  /** How much a key shares with the one before it, which must be below. */
  #sharedWithLast(keyBytes: Uint8Array, keyLength: number): number {
    if (this.#records === 0) return 0
    const isStaged = this.#builder.records > 0
    const last = isStaged ? this.#builder.lastKeyBytes : this.#sealedKey
    const at = isStaged ? this.#builder.lastKeyAt : 0
    const length = isStaged ? this.#builder.lastKeyLength : this.#sealedKeyLength
    const end = length < keyLength ? length : keyLength
    let shared = 0
    while (shared < end && last[at + shared] === keyBytes[shared]) shared++
    assert(
      shared < keyLength && (shared === length || last[at + shared]! < keyBytes[shared]!),
      'the keys of a table strictly ascend',
    )
    return shared
  }

  #buildFilter(): void {
    const filter = this.#filter.slice()
    if (filter === undefined) return this.#nextTurn(() => this.#buildFilter())
    this.#writeEnd(filter)
    this.#whenWritten = () => this.#output.sync(error => this.#end(error))
    this.#settled()
  }

  #writeEnd(filter: Uint8Array): void {
    const { checksum } = this.#place
    const output = this.#output
    const write = (bytes: Uint8Array): { at: number; sum: number } => {
      const at = output.fileBytes
      output.write(bytes)
      return { at, sum: checksum(bytes, blockSeed(this.#seed, at)) }
    }
    const index = write(this.#index.finish())
    const filterPlace = write(filter)
    const meta = write(writeTableMeta(this.#storedMeta()))
    const sections = {
      indexAt: index.at,
      filterAt: filterPlace.at,
      metaAt: meta.at,
      indexSum: index.sum,
      filterSum: filterPlace.sum,
      metaSum: meta.sum,
    }
    output.write(writeTableTail(sections, output.fileBytes, this.#seed, checksum))
  }

  #storedMeta(): Omit<TableMeta, 'id' | 'fileBytes' | 'weight'> {
    const lastKey = this.#sealedKey.slice(0, this.#sealedKeyLength)
    assert(compareBytes(this.#firstKey!, lastKey) <= 0, 'the last key is not below the first')
    return {
      blocks: this.#index.blocks,
      records: this.#records,
      tombstones: this.#tombstones,
      superseding: this.#superseding,
      putBytes: this.#putBytes,
      firstKey: this.#firstKey!,
      lastKey,
    }
  }

  #end(error: DiskError | null): void {
    const done = this.#done
    this.#step = error === null ? 'made' : 'ended'
    if (error === null) this.#output.close()
    else this.#output.drop()
    done?.(error ?? tableMeta(this.#storedMeta(), this.#id, this.#output.fileBytes))
  }

  /** A write has ended, or there is a new reason to look. */
  #settled(): void {
    if (!this.isCongested) this.#relieve()
    if (this.#whenWritten === undefined) return
    if (this.error !== undefined) return this.#end(this.error)
    if (!this.#output.flush()) return
    const next = this.#whenWritten
    this.#whenWritten = undefined
    next()
  }

  #relieve(): void {
    const run = this.#relieved
    this.#relieved = undefined
    run?.()
  }

  #nextTurn(run: () => void): void {
    this.#place.clock.nextTurn(() => {
      if (this.#step === 'finishing') run()
    })
  }
}

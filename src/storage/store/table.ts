/**
 * A table: an immutable, sorted file of records. Index and filter are in memory, blocks in the cache that all
 * tables share. What is served has checked out; what does not stops the reader (`TablePlace.damaged`).
 */
import { EMPTY } from '../../core/bytes.ts'
import type { Direction, StoreDamage } from '../../runtime/store.ts'
import type { BlockCache } from './block-cache.ts'
import {
  kindAt,
  LONE_HEADER_BYTES,
  RECORD_HEAD_BYTES,
  RECORD_SUM_AT,
  readI32,
  readU16,
  recordAt,
  recordCount,
} from './block-format.ts'
import { lowerBound, searchBlock, weightOfFirst } from './block-search.ts'
import { mayHold } from './filter.ts'
import { FoundRecord } from './found-record.ts'
import { type RecordKind, TOMBSTONE } from './record.ts'
import { recordSum } from './record-checksum.ts'
import type { SourceCursor } from './record-cursor.ts'
import { TableCursor } from './table-cursor.ts'
import { AheadBlocks, CachedBlocks } from './table-cursor-source.ts'
import { readTableParts, TableFile } from './table-file.ts'
import type { TableIndex } from './table-index.ts'
import type { TableMeta } from './table-meta.ts'
import { tableName } from './table-name.ts'
import type { TablePlace } from './table-place.ts'
import { TableVerification } from './table-verification.ts'

export { FoundRecord }

export class Table {
  readonly meta: TableMeta
  readonly #file: TableFile
  readonly #index: TableIndex
  readonly #filter: Uint8Array
  readonly #place: TablePlace

  /** Reads and checks everything but the blocks. Throws `DiskError`. */
  static open(place: TablePlace, cache: BlockCache, id: number): Table | StoreDamage {
    const file = place.disk.open(`${place.directory}/${tableName(id)}`, 'read')
    let table: Table | StoreDamage | undefined
    try {
      const parts = readTableParts(place, file, id)
      table = 'what' in parts ? parts : new Table(new TableFile(place, cache, file, parts))
      return table
    } finally {
      if (!(table instanceof Table)) file.close()
    }
  }

  private constructor(file: TableFile) {
    this.#file = file
    this.#index = file.parts.index
    this.#filter = file.parts.filter
    this.#place = file.place
    this.meta = file.parts.meta
  }

  /** False: no record's key has this hash (`keyHash`). Asks the filter, and is wrong about one key in a hundred. */
  mayHold(hash: number): boolean {
    return mayHold(this.#filter, hash)
  }

  /**
   * Finds the key's record, if there is one; `found` then speaks of it. Does not ask the filter: `mayHold` first
   * spares reading a block.
   */
  find(key: Uint8Array, hash: number, found: FoundRecord): boolean {
    const block = this.#index.locate(key)
    const bytes = this.#file.block(block)
    const at = this.#file.blockAt
    const position = searchBlock(bytes, at, key)
    if (position < 0) return false
    const isLone = recordCount(bytes, at) === 0
    found.kind = isLone ? (readU16(bytes, at + 6) as RecordKind) : kindAt(bytes, at, position)
    if (found.kind === TOMBSTONE) {
      found.value = EMPTY
      return true
    }
    if (isLone) {
      // The array is nobody else's: no copy is needed.
      found.value = bytes.subarray(at + LONE_HEADER_BYTES + key.length)
      this.#check(block, found.value, hash, readI32(bytes, at + 16), undefined)
      return true
    }
    const start = recordAt(bytes, at, position)
    const valueAt = start + RECORD_HEAD_BYTES + readU16(bytes, start)
    const { slab } = found
    found.value = slab.copy(bytes, valueAt, recordAt(bytes, at, position + 1) - valueAt)
    this.#check(block, found.value, hash, readI32(bytes, start + RECORD_SUM_AT), slab.wordsOf(found.value))
    return true
  }

  /** The sum of the weights of all records whose keys are below `key`. Reads one block at most. */
  weightBelow(key: Uint8Array): number {
    const block = this.#index.locate(key)
    const bytes = this.#file.block(block)
    const at = this.#file.blockAt
    const end = lowerBound(bytes, at, key)
    const before = this.#index.weightBefore(block)
    // Most blocks of an old table do nothing but insert.
    const isAllInserts = this.#index.weightBefore(block + 1) - before === (recordCount(bytes, at) || 1)
    return before + (isAllInserts ? end : weightOfFirst(bytes, at, end))
  }

  /** The records with `from` <= key < `to`, through the cache. Keeps the bounds, which must not change. */
  scan(from: Uint8Array | undefined, to: Uint8Array | undefined, direction: Direction): SourceCursor {
    return new TableCursor(new CachedBlocks(this.#file), this.#index, from, to, direction)
  }

  /** All records in ascending order, past the cache, much at once: for merges. */
  read(): SourceCursor {
    return new TableCursor(new AheadBlocks(this.#file), this.#index, undefined, undefined, 'forward')
  }

  /** Begins to check everything that the file holds; `report` is told what is wrong. Throws nothing. */
  verification(report: (damage: StoreDamage) => void): TableVerification {
    return new TableVerification(this.#file, report)
  }

  /** Checks everything that the file holds, at once. */
  verify(report: (damage: StoreDamage) => void): void {
    this.verification(report).nextSlice(Number.POSITIVE_INFINITY)
  }

  /** Lets go of the file and of its blocks in the cache. No cursor may be used any more. */
  close(): void {
    this.#file.close()
  }

  /** Closes the table and removes its file, which some manifest has named: its id is never used again. */
  removeLater(): void {
    this.#file.close()
    this.#place.disk.removeLater(this.#file.file.path)
  }

  /** Closes the table and removes its file. Throws `DiskError`. */
  remove(): void {
    this.#file.close()
    this.#place.disk.remove(this.#file.file.path)
  }

  #check(block: number, value: Uint8Array, hash: number, sum: number, words: DataView | undefined): void {
    if (recordSum(hash, value, 0, value.length, words) !== sum) {
      this.#file.damaged(block, 'the checksum of a record is wrong')
    }
  }
}

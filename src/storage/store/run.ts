/**
 * A sorted run: tables whose key ranges are disjoint and ascend, so that a key is in one of them at most. What is
 * known of its tables is known of it, added up.
 */
import { assert } from '../../core/assert.ts'
import { compareBytes } from '../../core/bytes.ts'
import type { Direction } from '../../runtime/store.ts'
import { PackedKeys } from './packed-keys.ts'
import type { RecordCursor } from './record-cursor.ts'
import { chained } from './run-cursor.ts'
import type { Table } from './table.ts'

export class Run {
  readonly tables: readonly Table[]
  readonly fileBytes: number
  readonly records: number
  readonly superseding: number
  /** About how many bytes of keys and values it adds to what there is. */
  readonly liveBytes: number
  /** The sum of all records' weights: by how much the run changes the number of keys. */
  readonly weight: number
  /** The weight of the tables before each. */
  readonly #weightsBefore: number[] = []
  readonly #firstKeys: PackedKeys

  /** @param tables in key order; at least one. */
  constructor(tables: readonly Table[]) {
    assert(tables.length > 0, 'a run has a table')
    this.tables = tables
    let fileBytes = 0
    let records = 0
    let superseding = 0
    let weight = 0
    let puts = 0
    let putBytes = 0
    for (const [i, { meta }] of tables.entries()) {
      assert(
        i === 0 || compareBytes(tables[i - 1]!.meta.lastKey, meta.firstKey) < 0,
        'the tables of a run are disjoint and ascend',
      )
      this.#weightsBefore.push(weight)
      fileBytes += meta.fileBytes
      records += meta.records
      superseding += meta.superseding
      weight += meta.weight
      puts += meta.records - meta.tombstones
      putBytes += meta.putBytes
    }
    this.#firstKeys = new PackedKeys(tables.map(({ meta }) => meta.firstKey))
    this.fileBytes = fileBytes
    this.records = records
    this.superseding = superseding
    this.weight = weight
    this.liveBytes = puts === 0 ? 0 : (putBytes / puts) * weight
  }

  get lastKey(): Uint8Array {
    return this.tables.at(-1)!.meta.lastKey
  }

  /** The one table that may hold the key. */
  tableOf(key: Uint8Array): Table | undefined {
    const upTo = this.#firstKeys.countUpTo(key)
    return upTo === 0 ? undefined : this.tables[upTo - 1]
  }

  /** The weights of all records with smaller keys, added up. */
  weightBelow(key: Uint8Array): number {
    const position = this.#positionOf(key)
    const table = this.tables[position]
    if (table === undefined) return this.weight
    const before = this.#weightsBefore[position]!
    return compareBytes(table.meta.firstKey, key) < 0 ? before + table.weightBelow(key) : before
  }

  /** Records with `from` <= key < `to`; without `to`, to the end. */
  scan(from: Uint8Array, to: Uint8Array | undefined, direction: Direction): RecordCursor {
    return chained(this.#within(from, to), table => table.scan(from, to, direction), direction)
  }

  /** Whether any table of the run shares keys, or the space between keys, with the range of these. */
  overlaps(firstKey: Uint8Array, lastKey: Uint8Array): boolean {
    const table = this.tables[this.#positionOf(firstKey)]
    return table !== undefined && compareBytes(table.meta.firstKey, lastKey) <= 0
  }

  #within(from: Uint8Array, to: Uint8Array | undefined): Table[] {
    const tables: Table[] = []
    for (let i = this.#positionOf(from); i < this.tables.length; i++) {
      const table = this.tables[i]!
      if (to !== undefined && compareBytes(table.meta.firstKey, to) >= 0) break
      tables.push(table)
    }
    return tables
  }

  /** Of the first table that does not end before the key. */
  #positionOf(key: Uint8Array): number {
    let low = 0
    let high = this.tables.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareBytes(this.tables[middle]!.meta.lastKey, key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** What the tests of tables run in: virtual time, a disk that fails on demand, records from lists. */
import { assert } from '../../core/assert.ts'
import { compareBytes, EMPTY } from '../../core/bytes.ts'
import { crc32c } from '../../core/crc32c.ts'
import { randomFromSeed } from '../../core/prng.ts'
import { DiskError } from '../../runtime/disk.ts'
import type { StoreDamage } from '../../runtime/store.ts'
import { SimulatedClock } from '../../sim/clock.ts'
import { SimulatedDisk } from '../../sim/disk.ts'
import { BlockCache } from './block-cache.ts'
import { keyHash } from './key-hash.ts'
import { BLOCK_BYTES_MAX } from './limits.ts'
import { type RecordKind, TOMBSTONE, weightOf } from './record.ts'
import { recordSum } from './record-checksum.ts'
import type { RecordView, SourceCursor } from './record-cursor.ts'
import { SpareBuffers } from './spare-buffers.ts'
import { Table } from './table.ts'
import type { TableMeta } from './table-meta.ts'
import type { TablePlace } from './table-place.ts'
import { TableWriter } from './table-writer.ts'

export interface TestRecord {
  readonly key: Uint8Array
  readonly kind: RecordKind
  /** Of a tombstone, empty. */
  readonly value: Uint8Array
}

/** What reads damaged bytes runs into. */
export class DamageFound extends Error {
  readonly damage: StoreDamage

  constructor(damage: StoreDamage) {
    super(`${damage.file} at ${damage.offsetBytes}: ${damage.what}`)
    this.damage = damage
  }
}

/** A cursor over one record, as a memtable would give it. */
export function viewOf({ key, kind, value }: TestRecord): RecordView {
  return {
    keyBytes: key,
    keyLength: key.length,
    kind,
    valueBytes: value,
    valueAt: 0,
    valueLength: value.length,
    sum: hash => recordSum(hash, value, 0, value.length),
  }
}

/** What a table keeps as the record's checksum. */
export function sumOf({ key, kind, value }: TestRecord): number {
  return kind === TOMBSTONE ? 0 : recordSum(keyHash(key, key.length), value, 0, value.length)
}

/** What a cursor still has. */
export function recordsOf(cursor: SourceCursor): TestRecord[] {
  const records: TestRecord[] = []
  while (cursor.next()) {
    const { keyBytes, keyLength, kind, valueBytes, valueAt, valueLength } = cursor
    const key = keyBytes.slice(0, keyLength)
    const value = valueBytes.slice(valueAt, valueAt + valueLength)
    const record = { key, kind, value: value.length === 0 ? EMPTY : value }
    assert(sumOf(record) === cursor.sum(keyHash(key, keyLength)), 'a record comes with its checksum')
    records.push(record)
  }
  return records
}

/** What a table with these records answers. */
export function weightBelow(records: readonly TestRecord[], key: Uint8Array): number {
  return records
    .filter(record => compareBytes(record.key, key) < 0)
    .reduce((weight, { kind }) => weight + weightOf(kind), 0)
}

export class TableWorld {
  readonly clock = new SimulatedClock()
  readonly disk: SimulatedDisk
  readonly place: TablePlace
  readonly cache: BlockCache

  constructor(cacheBytes = 64 * BLOCK_BYTES_MAX, seed = 1) {
    const { clock } = this
    this.disk = new SimulatedDisk({ clock, random: randomFromSeed(seed) })
    this.disk.makeDirectory('store')
    this.cache = new BlockCache(cacheBytes)
    this.place = {
      disk: this.disk,
      clock,
      checksum: crc32c,
      directory: 'store',
      buffers: new SpareBuffers(),
      damaged: damage => {
        throw new DamageFound(damage)
      },
    }
  }

  write(id: number, records: readonly TestRecord[]): TableMeta | DiskError {
    const writer = new TableWriter(this.place, id)
    for (const record of records) writer.add(viewOf(record), record.kind)
    return this.finish(writer)
  }

  finish(writer: TableWriter): TableMeta | DiskError {
    let outcome: TableMeta | DiskError | undefined
    let isRunning = false
    writer.finish(result => {
      assert(isRunning && outcome === undefined, 'a call-back comes once, and never within the call')
      outcome = result
    })
    isRunning = true
    this.clock.runUntilIdle()
    assert(outcome !== undefined, 'a call-back comes')
    return outcome
  }

  /** A table of these records, open. */
  table(records: readonly TestRecord[], id = 1): Table {
    const meta = this.write(id, records)
    if (meta instanceof DiskError) throw meta
    return this.open(id)
  }

  open(id = 1): Table {
    const table = Table.open(this.place, this.cache, id)
    if (table instanceof Table) return table
    throw new DamageFound(table)
  }

  damagesOf(table: Table): StoreDamage[] {
    const damages: StoreDamage[] = []
    table.verify(damage => damages.push(damage))
    return damages
  }
}

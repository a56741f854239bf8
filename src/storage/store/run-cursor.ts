import { EMPTY } from '../../core/bytes.ts'
import type { Direction } from '../../runtime/store.ts'
import { type RecordKind, TOMBSTONE } from './record.ts'
import type { RecordCursor, RecordView } from './record-cursor.ts'
import type { Table } from './table.ts'

/** The records of tables in key order, as one; `open` gives those of a table. */
export function chained(
  tables: readonly Table[],
  open: (table: Table) => RecordCursor,
  direction: Direction,
): RecordCursor {
  return tables.length === 1 ? open(tables[0]!) : new RunCursor(tables, open, direction)
}

/** One table after the other; each is opened when its turn comes. */
class RunCursor implements RecordCursor {
  readonly #tables: readonly Table[]
  readonly #open: (table: Table) => RecordCursor
  readonly #step: 1 | -1
  #position: number
  #cursor: RecordCursor = NOTHING

  /** @param tables in key order, whatever the direction. */
  constructor(tables: readonly Table[], open: (table: Table) => RecordCursor, direction: Direction) {
    this.#tables = tables
    this.#open = open
    this.#step = direction === 'forward' ? 1 : -1
    this.#position = direction === 'forward' ? 0 : tables.length - 1
  }

  get kind(): RecordKind {
    return this.#cursor.kind
  }

  get record(): RecordView {
    return this.#cursor.record
  }

  next(): boolean {
    while (!this.#cursor.next()) {
      const table = this.#tables[this.#position]
      if (table === undefined) return false
      this.#position += this.#step
      this.#cursor = this.#open(table)
    }
    return true
  }
}

const NO_RECORD: RecordView = {
  keyBytes: EMPTY,
  keyLength: 0,
  kind: TOMBSTONE,
  valueBytes: EMPTY,
  valueAt: 0,
  valueLength: 0,
  sum: () => 0,
}

const NOTHING: RecordCursor = { next: () => false, kind: TOMBSTONE, record: NO_RECORD }

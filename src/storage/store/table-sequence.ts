/**
 * Records in key order become tables: one for each keyspace at least, a new one when one is full. After a disk error,
 * or when stopped, nothing of it is left on the disk.
 */
import { assert } from '../../core/assert.ts'
import type { Clock } from '../../runtime/clock.ts'
import { DiskError } from '../../runtime/disk.ts'
import { removeLeftover } from '../leftover.ts'
import { EMPTY_KEYSPACE, keyspaceWithin } from './keyspace.ts'
import type { RecordKind } from './record.ts'
import type { RecordView } from './record-cursor.ts'
import type { TableMeta } from './table-meta.ts'
import { tableName } from './table-name.ts'
import type { TablePlace } from './table-place.ts'
import { TableWriter } from './table-writer.ts'

export interface TableSequenceOptions {
  readonly clock: Clock
  readonly place: TablePlace
  /** A table is not begun anew before it has come to this. */
  readonly tableBytes: number
  nextTableId(): number
}

export class TableSequence {
  readonly #options: TableSequenceOptions
  /** Those that were begun and are not durable yet. */
  readonly #writers = new Set<TableWriter>()
  readonly #made: (TableMeta | undefined)[] = []
  #writer: TableWriter | undefined
  #keyspace = EMPTY_KEYSPACE
  #error: DiskError | undefined
  #isStopped = false
  readonly #stopped: (() => void)[] = []
  #done: ((outcome: readonly TableMeta[] | DiskError) => void) | undefined

  constructor(options: TableSequenceOptions) {
    this.#options = options
  }

  /** What is added waits in memory for the disk. After an error it never does. */
  get isCongested(): boolean {
    return this.#error === undefined && this.#writer?.isCongested === true
  }

  /** What is added from now on helps nobody: `end` tells why. */
  get hasFailed(): boolean {
    return this.#error !== undefined
  }

  /** To be asked for while it is congested: calls back once, in a later turn; when stopped, never. */
  whenRelieved(run: () => void): void {
    this.#writer!.whenRelieved(() => {
      if (!this.#isStopped) run()
    })
  }

  /** Appends the record as one of this kind; `isAnew`: into a table of its own. */
  add(record: RecordView, kind: RecordKind, isAnew: boolean): void {
    assert(!this.#isStopped && this.#done === undefined, 'a sequence that ended takes no records')
    if (this.#error !== undefined) return
    const keyspace = keyspaceWithin(record.keyBytes, record.keyLength)
    if (this.#writer !== undefined) {
      const isFull = this.#writer.fileBytes >= this.#options.tableBytes
      if (isAnew || isFull || keyspace !== this.#keyspace) this.#finish()
    }
    this.#keyspace = keyspace
    if (this.#writer === undefined) {
      this.#writer = new TableWriter(this.#options.place, this.#options.nextTableId())
      this.#writers.add(this.#writer)
    }
    this.#writer.add(record, kind)
  }

  /** Calls back once, in a later turn, with the tables in key order, each durable but for its name. */
  end(done: (outcome: readonly TableMeta[] | DiskError) => void): void {
    assert(this.#done === undefined, 'a sequence ends once')
    this.#done = done
    if (this.#writer !== undefined) this.#finish()
    this.#options.clock.soon(() => this.#answer())
  }

  /** Calls back when nothing of it is left; of tables that it has told of, all. */
  stop(stopped: () => void): void {
    this.#stopped.push(stopped)
    if (!this.#isStopped) {
      this.#isStopped = true
      removeTables(this.#options.place, this.#made)
      for (const writer of this.#writers) {
        writer.abort(() => {
          this.#writers.delete(writer)
          this.#answerStopped()
        })
      }
    }
    this.#answerStopped()
  }

  #finish(): void {
    const writer = this.#writer!
    this.#writer = undefined
    const position = this.#made.push(undefined) - 1
    writer.finish(outcome => {
      this.#writers.delete(writer)
      if (outcome instanceof DiskError) {
        writer.abort(() => {})
        this.#error ??= outcome
      } else if (this.#isStopped) removeTables(this.#options.place, [outcome])
      else this.#made[position] = outcome
      this.#answer()
    })
  }

  #answerStopped(): void {
    if (this.#writers.size === 0) for (const stopped of this.#stopped.splice(0)) stopped()
  }

  #answer(): void {
    const done = this.#done
    if (done === undefined || this.#isStopped) return
    if (this.#error !== undefined) {
      const error = this.#error
      return this.stop(() => done(error))
    }
    if (this.#writers.size > 0) return
    this.#isStopped = true
    done(this.#made.map(meta => meta!))
  }
}

/** Takes files away that nothing names. What cannot be taken away is, when the store is next opened. */
export function removeTables(
  { disk, directory }: TablePlace,
  tables: readonly (TableMeta | undefined)[],
): void {
  for (const table of tables) {
    if (table === undefined) continue
    removeLeftover(() => disk.remove(`${directory}/${tableName(table.id)}`))
  }
}

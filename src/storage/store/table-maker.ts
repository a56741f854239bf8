/**
 * The store's side of the job that makes its tables: numbers the tasks, sends memtables over, and hears what was made.
 */
import { DiskError } from '../../runtime/disk.ts'
import type { Job } from '../../runtime/jobs.ts'
import type { Memtable } from '../memtable/memtable.ts'
import type { Island } from './islands.ts'
import { FLUSH_CUTS_MAX } from './limits.ts'
import { MemtableSupply } from './memtable-supply.ts'
import type { StoreSetting } from './setting.ts'
import { tableJob } from './table-job.ts'
import type { TableMeta } from './table-meta.ts'
import type { TableIds, TableOrder, TableReport } from './table-orders.ts'
import { removeTables } from './table-sequence.ts'
import type { Version } from './version.ts'

/** With the tables in key order, each durable but for its name; or with why nothing was made. */
export type TablesMade = (outcome: readonly TableMeta[] | DiskError) => void

interface Task {
  readonly done: TablesMade
  readonly supply: MemtableSupply | undefined
}

export class TableMaker {
  readonly #setting: StoreSetting
  readonly #takeIds: (count: number) => number
  readonly #job: Job<TableOrder>
  readonly #tasks = new Map<number, Task>()
  /** For the records of memtables, again and again. */
  readonly #sentArrays: Uint8Array[] = []
  #lastTask = 0

  /** @param takeIds gives the first of so many ids in a row that no table has */
  constructor(setting: StoreSetting, takeIds: (count: number) => number) {
    this.#setting = setting
    this.#takeIds = takeIds
    const { directory, limits } = setting
    const input = { directory, tableBytes: limits.tableBytes }
    this.#job = setting.jobs.start(tableJob, input, report => this.#hear(report))
  }

  /** Makes tables of a frozen memtable that can join these of the version. */
  flush(memtable: Memtable, version: Version, done: TablesMade): void {
    const task = ++this.#lastTask
    // Sliced: a clone of a view would carry along all that lies around it.
    const ends = new Map(version.keyspaces.map(keyspace => [keyspace, version.lastKey(keyspace)!.slice()]))
    this.#job.tell({ kind: 'flush', task, ids: this.#idsFor(memtable.bytes, FLUSH_CUTS_MAX), ends })
    this.#tasks.set(task, {
      done,
      supply: new MemtableSupply(memtable, task, this.#job, this.#setting.clock, this.#sentArrays),
    })
  }

  /** Makes one run of tables of each island. Returns a function that gives up, when what it would make is of no use. */
  merge(islands: readonly Island[], done: TablesMade): () => void {
    const task = ++this.#lastTask
    const bytes = islands.flat(2).reduce((sum, { meta }) => sum + meta.fileBytes, 0)
    const named = islands.map(island => island.map(tables => tables.map(({ meta }) => meta.id)))
    this.#job.tell({ kind: 'merge', task, ids: this.#idsFor(bytes, islands.length), islands: named })
    this.#tasks.set(task, { done, supply: undefined })
    return () => {
      if (this.#tasks.delete(task)) this.#job.tell({ kind: 'stop', task })
    }
  }

  /** Nobody is called any more, but for this: when nothing uses the directory any more. */
  stop(stopped: () => void): void {
    for (const { supply } of this.#tasks.values()) supply?.stop()
    this.#tasks.clear()
    this.#job.stop(stopped)
  }

  /**
   * Enough ids for so many bytes, cut so often before a table is full. A table that is full is no smaller than
   * `tableBytes`; packed otherwise than before, all of them are at most a few times as large.
   */
  #idsFor(bytes: number, cuts: number): TableIds {
    const tablesMax = cuts + 4 + Math.ceil((4 * bytes) / this.#setting.limits.tableBytes)
    return { firstId: this.#takeIds(tablesMax), tablesMax }
  }

  #hear(report: TableReport): void {
    const task = this.#tasks.get(report.task)
    if (report.kind === 'taken') {
      task?.supply?.taken(report.bytes)
      return
    }
    this.#tasks.delete(report.task)
    if (report.kind === 'made') {
      if (task === undefined) removeTables(this.#setting.place, report.tables)
      else task.done(report.tables)
    } else if (task !== undefined) {
      task.supply?.stop()
      const { kind, path, message } = report.error
      task.done(new DiskError(kind, path, message))
    }
  }
}

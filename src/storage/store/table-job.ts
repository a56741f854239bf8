/**
 * Makes a store's tables: of records that the store sends, when a checkpoint is due, and of other tables, in merges.
 * It lives as long as the store is open, and has nothing in common with it but the directory.
 */
import { assert } from '../../core/assert.ts'
import { DiskError } from '../../runtime/disk.ts'
import type { JobKind, JobWorld, RunningJob, Tell } from '../../runtime/jobs.ts'
import { noteDamage } from './damage-note.ts'
import { storeDamaged, storeFailed } from './errors.ts'
import { FlushTask } from './flush-task.ts'
import { haltingDisk } from './halting-disk.ts'
import { MergeTask } from './merge-task.ts'
import { SpareBuffers } from './spare-buffers.ts'
import type { TableMeta } from './table-meta.ts'
import type { TableIds, TableJobInput, TableOrder, TableReport } from './table-orders.ts'
import type { TablePlace } from './table-place.ts'
import type { TableSequenceOptions } from './table-sequence.ts'

export const tableJob: JobKind<TableJobInput, TableOrder, TableReport> = {
  name: 'tables',
  begin: (world, input, tell) => new TableJob(world, input, tell),
}

class TableJob implements RunningJob<TableOrder> {
  readonly #place: TablePlace
  readonly #tableBytes: number
  readonly #tell: Tell<TableReport>
  readonly #tasks = new Map<number, FlushTask | MergeTask>()

  constructor(world: JobWorld, { directory, tableBytes }: TableJobInput, tell: Tell<TableReport>) {
    const { clock, checksum, disk } = world
    this.#place = {
      clock,
      checksum,
      directory,
      buffers: new SpareBuffers(),
      disk: haltingDisk(disk, error => world.halt(storeFailed('read', error))),
      damaged: damage => {
        noteDamage(disk, directory)
        return world.halt(storeDamaged(damage))
      },
    }
    this.#tableBytes = tableBytes
    this.#tell = tell
  }

  hear(order: TableOrder): void {
    const { task } = order
    switch (order.kind) {
      case 'flush': {
        const flush = new FlushTask(this.#making(order.ids), order.ends, {
          taken: bytes => this.#tell({ kind: 'taken', task, bytes }, [bytes]),
          done: outcome => this.#done(task, outcome),
        })
        this.#tasks.set(task, flush)
        break
      }
      case 'records':
        this.#flush(task)?.records(order.bytes, order.length)
        break
      case 'recordsEnd':
        this.#flush(task)?.end()
        break
      case 'merge': {
        const options = { ...this.#making(order.ids), yieldsNow: () => this.#isFlushing }
        this.#tasks.set(task, new MergeTask(options, order.islands, outcome => this.#done(task, outcome)))
        break
      }
      case 'stop':
        this.#tasks.get(task)?.stop(() => {})
        this.#tasks.delete(task)
        break
    }
  }

  stop(stopped: () => void): void {
    let left = this.#tasks.size
    if (left === 0) return stopped()
    for (const task of this.#tasks.values()) {
      task.stop(() => {
        if (--left === 0) stopped()
      })
    }
    this.#tasks.clear()
  }

  get #isFlushing(): boolean {
    for (const task of this.#tasks.values()) if (task instanceof FlushTask) return true
    return false
  }

  /** Undefined when it has failed before all was sent. */
  #flush(task: number): FlushTask | undefined {
    const flush = this.#tasks.get(task)
    return flush instanceof FlushTask ? flush : undefined
  }

  #done(task: number, outcome: readonly TableMeta[] | DiskError): void {
    this.#tasks.delete(task)
    if (outcome instanceof DiskError) {
      const { kind, path, message } = outcome
      this.#tell({ kind: 'failed', task, error: { kind, path, message } })
    } else {
      this.#tell({ kind: 'made', task, tables: outcome })
    }
  }

  #making({ firstId, tablesMax }: TableIds): TableSequenceOptions {
    let made = 0
    return {
      clock: this.#place.clock,
      place: this.#place,
      tableBytes: this.#tableBytes,
      nextTableId: () => {
        assert(made < tablesMax, 'a task makes as many tables as it was given ids for')
        return firstId + made++
      },
    }
  }
}

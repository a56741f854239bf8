/** Writes islands of overlapping tables anew, one after the other. Opens the tables for itself. */
import { buggify } from '../../core/seams.ts'
import { addMs } from '../../core/time.ts'
import { DiskError } from '../../runtime/disk.ts'
import { BlockCache } from './block-cache.ts'
import { BLOCK_BYTES_MAX, MERGE_LATE_MS } from './limits.ts'
import { MergingCursor } from './merging-cursor.ts'
import { chained } from './run-cursor.ts'
import { Table } from './table.ts'
import { TableMaking, type TableMakingOptions } from './table-making.ts'
import type { TableMeta } from './table-meta.ts'
import type { IslandIds } from './table-orders.ts'

export class MergeTask {
  readonly #options: TableMakingOptions
  readonly #islands: Iterator<IslandIds>
  readonly #making: TableMaking
  readonly #done: (outcome: readonly TableMeta[] | DiskError) => void
  /** Merges read past it. */
  readonly #cache = new BlockCache(BLOCK_BYTES_MAX)
  #open: Table[] = []
  #isStopped = false

  /** @param done called once, in a later turn, unless stopped */
  constructor(
    options: TableMakingOptions,
    islands: readonly IslandIds[],
    done: (outcome: readonly TableMeta[] | DiskError) => void,
  ) {
    this.#options = options
    this.#islands = islands.values()
    this.#done = done
    this.#making = new TableMaking(options, outcome => {
      this.#close()
      done(outcome)
    })
    const { clock } = options
    const begin = (): void => {
      if (!this.#isStopped) this.#next()
    }
    if (buggify('store: a merge begins late')) clock.timer(begin).set(addMs(clock.now(), MERGE_LATE_MS))
    else clock.nextTurn(begin)
  }

  stop(stopped: () => void): void {
    this.#isStopped = true
    this.#close()
    this.#making.stop(stopped)
  }

  #next(): void {
    this.#close()
    const { done, value: island } = this.#islands.next()
    if (done) return this.#making.end()
    try {
      const runs = island.filter(ids => ids.length > 0).map(ids => ids.map(id => this.#table(id)))
      const cursors = runs.map(tables => chained(tables, table => table.read(), 'forward'))
      this.#making.write(new MergingCursor(cursors, 'forward'), () => this.#next(), true)
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      // Such as too many open files.
      this.stop(() => this.#done(error))
    }
  }

  #table(id: number): Table {
    const { place } = this.#options
    const table = Table.open(place, this.#cache, id)
    if (!(table instanceof Table)) return place.damaged(table)
    this.#open.push(table)
    return table
  }

  #close(): void {
    for (const table of this.#open) table.close()
    this.#open = []
  }
}

/** Carries out one merge: islands of overlapping tables are written anew, what overlaps nothing moves as it is. */
import { DiskError } from '../../runtime/disk.ts'
import { type Island, islandsOf } from './islands.ts'
import type { Merge } from './merge-policy.ts'
import { MergingCursor } from './merging-cursor.ts'
import type { RecordCursor } from './record-cursor.ts'
import { chained } from './run-cursor.ts'
import type { Table } from './table.ts'
import { TableMaking, type TableMakingOptions } from './table-making.ts'
import type { TableMeta } from './table-meta.ts'
import { removeTables } from './table-sequence.ts'

export interface MergeResult {
  /** Take part in it, and are replaced. */
  readonly inputs: ReadonlySet<Table>
  /** Of the inputs, those that stay as they are. */
  readonly moved: readonly Table[]
  readonly made: readonly TableMeta[]
}

export class MergeJob {
  readonly #options: TableMakingOptions
  readonly #done: (outcome: MergeResult | DiskError) => void
  readonly #inputs: ReadonlySet<Table>
  readonly #moved: Table[] = []
  readonly #islands: Island[] = []
  readonly #made: TableMeta[] = []
  #making: TableMaking | undefined
  #hasEnded = false

  /** @param done called once, in a later turn, unless stopped. */
  constructor(
    options: TableMakingOptions,
    { sources, isJoin }: Merge,
    done: (outcome: MergeResult | DiskError) => void,
  ) {
    this.#options = options
    this.#done = done
    this.#inputs = new Set(sources.flat())
    for (const island of isJoin ? [sources] : islandsOf(sources)) {
      const [only, ...others] = island.flat()
      if (others.length === 0) this.#moved.push(only!)
      else this.#islands.push(island)
    }
    options.clock.nextTurn(() => this.#next())
  }

  /** Nothing of it is left. */
  stop(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#making?.stop()
    removeTables(this.#options.place, this.#made)
  }

  #next(): void {
    if (this.#hasEnded) return
    const island = this.#islands.shift()
    if (island === undefined) {
      this.#hasEnded = true
      return this.#done({ inputs: this.#inputs, moved: this.#moved, made: this.#made })
    }
    this.#making = new TableMaking(this.#options, contentOf(island), outcome => {
      if (outcome instanceof DiskError) {
        this.stop()
        return this.#done(outcome)
      }
      this.#made.push(...outcome)
      this.#next()
    })
  }
}

/** The records of an island as they are after the merge. */
function contentOf(island: Island): RecordCursor {
  const runs = island.map(tables => chained(tables, table => table.read(), 'forward'))
  return new MergingCursor(runs, 'forward')
}

/** What a merge has to do: islands of overlapping tables are written anew, what overlaps nothing stays as it is. */
import { type Island, islandsOf } from './islands.ts'
import type { Merge } from './merge-policy.ts'
import type { Table } from './table.ts'

export interface MergePlan {
  /** Take part in it, and are replaced. */
  readonly inputs: ReadonlySet<Table>
  /** Of the inputs, those that stay as they are. */
  readonly moved: readonly Table[]
  readonly islands: readonly Island[]
}

export function planMerge({ sources, isJoin }: Merge): MergePlan {
  const moved: Table[] = []
  const islands: Island[] = []
  for (const island of isJoin ? [sources] : islandsOf(sources)) {
    const [only, ...others] = island.flat()
    if (others.length === 0) moved.push(only!)
    else islands.push(island)
  }
  return { inputs: new Set(sources.flat()), moved, islands }
}

/**
 * Which runs are merged next. Runs of similar size are merged when there are several of them (tiers, as in
 * O'Neil et al., "The log-structured merge-tree", 1996, and as Cassandra and RocksDB practise it), so that a
 * record is written again only a few times in its life, as often as the size of what holds it multiplies. All runs
 * are merged when what newer records have superseded is a large share of the oldest, so that space is given back.
 */
import { GARBAGE_SHARE_MAX, SMALL_TABLES_MAX, TIER_RUNS, TIER_UNIT_BYTES } from './limits.ts'
import type { Run } from './run.ts'
import type { Table } from './table.ts'
import type { Version } from './version.ts'

export interface Merge {
  readonly keyspace: number
  /** Of adjacent runs, newest first. */
  readonly sources: readonly (readonly Table[])[]
  /** Small tables become a large one: even those that overlap no other are written again. */
  readonly isJoin: boolean
}

/**
 * The merge that is most due, if any is.
 *
 * @param tableBytes how large merges make a table: what is much smaller than that is small.
 */
export function chooseMerge(version: Version, tableBytes: number): Merge | undefined {
  for (const keyspace of version.keyspaces) {
    const runs = version.runs(keyspace)
    const count = garbageRuns(runs) ?? tierRuns(runs)
    if (count !== undefined) {
      return { keyspace, sources: runs.slice(0, count).map(({ tables }) => tables), isJoin: false }
    }
    for (const run of runs) {
      const small = smallNeighbours(run, tableBytes / SMALL_TABLES_MAX)
      if (small !== undefined) return { keyspace, sources: [small], isJoin: true }
    }
  }
  return undefined
}

/** All of them, if newer records have taken the place of too many in the oldest run. */
function garbageRuns(runs: readonly Run[]): number | undefined {
  const oldest = runs.at(-1)
  // Of a small keyspace the tiers take care: a merge for every flush would cost more than the space it gives back.
  if (oldest === undefined || runs.length === 1 || oldest.fileBytes < TIER_UNIT_BYTES) return undefined
  let superseding = 0
  for (const run of runs) if (run !== oldest) superseding += run.superseding
  return superseding > oldest.records * GARBAGE_SHARE_MAX ? runs.length : undefined
}

/** The newest ones up to the last of a tier that is full. */
function tierRuns(runs: readonly Run[]): number | undefined {
  let tier = 0
  let inTier = 0
  for (const [i, run] of runs.entries()) {
    const own = tierOf(run)
    if (own > tier) {
      if (inTier >= TIER_RUNS) return i
      tier = own
      inTier = 0
    }
    inTier++
  }
  return inTier >= TIER_RUNS ? runs.length : undefined
}

/** Each tier holds runs that are `TIER_RUNS` times as large as those of the one before. */
function tierOf({ fileBytes }: Run): number {
  let tier = 0
  for (let bytes = TIER_UNIT_BYTES * TIER_RUNS; bytes <= fileBytes; bytes *= TIER_RUNS) tier++
  return tier
}

/** Neighbours that are each much smaller than a table should be: files, descriptors and filters by the hundred. */
function smallNeighbours({ tables }: Run, smallBytes: number): readonly Table[] | undefined {
  let first = 0
  for (let i = 0; i <= tables.length; i++) {
    const table = tables[i]
    if (table !== undefined && table.meta.fileBytes < smallBytes) continue
    if (i - first >= SMALL_TABLES_MAX) return tables.slice(first, i)
    first = i + 1
  }
  return undefined
}

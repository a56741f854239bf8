/**
 * What the store holds on disk at one moment: per keyspace its runs, newest first. Never changed; every flush and
 * every merge makes another one. How a new version comes from an old one is here too, and nothing else is:
 * making it durable is the manifest's part, letting go of files that of `LiveTables`.
 */
import { compareBytes } from '../../core/bytes.ts'
import type { Direction } from '../../runtime/store.ts'
import type { FoundRecord } from './found-record.ts'
import { keyspaceOf } from './keyspace.ts'
import type { RecordCursor } from './record-cursor.ts'
import { Run } from './run.ts'
import type { Table } from './table.ts'

const NO_RUNS: readonly Run[] = []

export class Version {
  readonly #runs: ReadonlyMap<number, readonly Run[]>
  /** The sum of all weights: so many keys there are. */
  readonly weight: number
  /** About how many bytes of keys and values there are. */
  readonly liveBytes: number

  constructor(runs: ReadonlyMap<number, readonly Run[]> = new Map()) {
    this.#runs = new Map([...runs].filter(([, { length }]) => length > 0).toSorted(([a], [b]) => a - b))
    const all = [...this.#runs.values()].flat()
    this.weight = all.reduce((sum, run) => sum + run.weight, 0)
    this.liveBytes = liveBytesOf(all)
  }

  /** In order. */
  get keyspaces(): number[] {
    return [...this.#runs.keys()]
  }

  /** Newest first. */
  runs(keyspace: number): readonly Run[] {
    return this.#runs.get(keyspace) ?? NO_RUNS
  }

  *tables(): Generator<Table> {
    for (const runs of this.#runs.values()) for (const run of runs) yield* run.tables
  }

  /** The newest record of the key, if there is one. */
  find(key: Uint8Array, hash: number, found: FoundRecord): boolean {
    for (const run of this.runs(keyspaceOf(key))) {
      const table = run.tableOf(key)
      if (table?.mayHold(hash) && table.find(key, hash, found)) return true
    }
    return false
  }

  /** How many keys below this one there are, in all that is on disk. */
  weightBelow(key: Uint8Array): number {
    const own = keyspaceOf(key)
    let weight = 0
    for (const [keyspace, runs] of this.#runs) {
      if (keyspace > own) break
      for (const run of runs) weight += keyspace < own ? run.weight : run.weightBelow(key)
    }
    return weight
  }

  /** The last key of a keyspace that any run has. */
  lastKey(keyspace: number): Uint8Array | undefined {
    let last: Uint8Array | undefined
    for (const { lastKey } of this.runs(keyspace)) {
      if (last === undefined || compareBytes(last, lastKey) < 0) last = lastKey
    }
    return last
  }

  /** What a merge of them reads as the content of a range: for every key its newer records first. */
  sources(from: Uint8Array, to: Uint8Array | undefined, direction: Direction): RecordCursor[] {
    const first = keyspaceOf(from)
    const last = to === undefined ? Infinity : keyspaceOf(to)
    const sources: RecordCursor[] = []
    for (const [keyspace, runs] of this.#runs) {
      if (keyspace < first || keyspace > last) continue
      for (const run of runs) sources.push(run.scan(from, to, direction))
    }
    return sources
  }

  /**
   * With newer tables. A table that touches none of the newer runs sinks below them, as deep as it can: what is
   * written in key order ends up in one run, without being written again.
   */
  withNewer(tables: readonly Table[]): Version {
    const changed = new Map(this.#runs)
    for (const keyspace of new Set(tables.map(({ meta }) => keyspaceOf(meta.firstKey)))) {
      const runs = this.runs(keyspace)
      const lists = runs.map(run => [...run.tables])
      const newest: Table[] = []
      for (const table of tables) {
        if (keyspaceOf(table.meta.firstKey) !== keyspace) continue
        const depth = depthFor(table, runs)
        if (depth < 0) newest.push(table)
        else lists[depth]!.push(table)
      }
      if (newest.length > 0) lists.unshift(newest)
      changed.set(keyspace, lists.map(inOrder))
    }
    return new Version(changed)
  }

  /**
   * With `outputs` in the place of `inputs`, which are of adjacent runs of the keyspace. What has sunk into one of
   * these runs meanwhile touches none of them, and stays; unless it lies between two tables that were joined, and so
   * within the one that they became: that is newer, and becomes the run above.
   */
  withMerged(keyspace: number, inputs: ReadonlySet<Table>, outputs: readonly Table[]): Version {
    const runs = this.runs(keyspace)
    const oldest = runs.findLastIndex(({ tables }) => tables.some(table => inputs.has(table)))
    const lists = runs.flatMap(({ tables }, i) => {
      const left = tables.filter(table => !inputs.has(table))
      if (i !== oldest) return [left]
      const within = new Set(left.filter(table => outputs.some(output => overlap(table, output))))
      return [[...within], [...left.filter(table => !within.has(table)), ...outputs]]
    })
    const merged = lists.filter(({ length }) => length > 0).map(inOrder)
    return new Version(new Map(this.#runs).set(keyspace, merged))
  }
}

function overlap({ meta: a }: Table, { meta: b }: Table): boolean {
  return compareBytes(a.firstKey, b.lastKey) <= 0 && compareBytes(b.firstKey, a.lastKey) <= 0
}

/** The deepest run that the table may join: it overlaps neither that one nor any newer one. -1: none. */
function depthFor({ meta: { firstKey, lastKey } }: Table, runs: readonly Run[]): number {
  let depth = -1
  while (depth + 1 < runs.length && !runs[depth + 1]!.overlaps(firstKey, lastKey)) depth++
  return depth
}

function inOrder(tables: readonly Table[]): Run {
  return new Run(tables.toSorted((a, b) => compareBytes(a.meta.firstKey, b.meta.firstKey)))
}

/**
 * A run that removes more than it adds holds little but tombstones, which do not tell how large that was that they
 * remove: it was as large as what there is on average.
 */
function liveBytesOf(runs: readonly Run[]): number {
  const growing = runs.filter(({ weight }) => weight > 0)
  const added = growing.reduce((sum, run) => sum + run.liveBytes, 0)
  const keys = growing.reduce((sum, run) => sum + run.weight, 0)
  const weight = runs.reduce((sum, run) => sum + run.weight, 0)
  return keys === 0 ? 0 : Math.max(0, (added / keys) * weight)
}

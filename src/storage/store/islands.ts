/**
 * What a merge has to touch. Tables whose ranges overlap, directly or through others, make an island; a table
 * that overlaps none is one by itself, and can stay as it is.
 */
import { compareBytes } from '../../core/bytes.ts'
import type { Table } from './table.ts'

/** Per source, newest first, the tables of it that belong to the island, in key order. */
export type Island = readonly (readonly Table[])[]

/** @param sources newest first, each with disjoint tables in key order. */
export function islandsOf(sources: readonly (readonly Table[])[]): Island[] {
  const all = sources
    .flatMap((tables, source) => tables.map(table => ({ table, source })))
    .sort((a, b) => compareBytes(a.table.meta.firstKey, b.table.meta.firstKey))
  const islands: Table[][][] = []
  let end: Uint8Array | undefined
  for (const { table, source } of all) {
    const { firstKey, lastKey } = table.meta
    if (end === undefined || compareBytes(end, firstKey) < 0) islands.push(sources.map(() => []))
    islands.at(-1)![source]!.push(table)
    if (end === undefined || compareBytes(end, lastKey) < 0) end = lastKey
  }
  return islands
}

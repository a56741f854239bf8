import { describe, expect, test } from 'vitest'
import { islandsOf } from './islands.ts'
import { SMALL_TABLES_MAX, TABLE_BYTES, TIER_RUNS, TIER_UNIT_BYTES } from './limits.ts'
import { chooseMerge, type Merge } from './merge-policy.ts'
import { Run } from './run.ts'
import type { Table } from './table.ts'
import type { TableMeta } from './table-meta.ts'
import { Version } from './version.ts'

let nextId = 1

/** A table that knows nothing but what it is said to be. */
function table(first: string, last: string, known: Partial<TableMeta> = {}): Table {
  const meta: TableMeta = {
    id: nextId++,
    fileBytes: 100_000,
    blocks: 1,
    records: 1000,
    tombstones: 0,
    superseding: 0,
    weight: 1000,
    putBytes: 50_000,
    firstKey: new TextEncoder().encode(first),
    lastKey: new TextEncoder().encode(last),
    ...known,
  }
  return { meta } as unknown as Table
}

const version = (...runs: Table[][]): Version =>
  new Version(new Map([['k'.charCodeAt(0), runs.map(tables => new Run(tables))]]))

const due = (of: Version): Merge | undefined => chooseMerge(of, TABLE_BYTES)

const tables = (of: Version): number[][] =>
  of.runs('k'.charCodeAt(0)).map(run => run.tables.map(({ meta }) => meta.id))

const ids = (list: readonly Table[]): number[] => list.map(({ meta }) => meta.id)

describe('the merge that is due', () => {
  const small = (): Table[] => [table('ka', 'kz')]
  const large = (): Table[] => [
    table('ka', 'kz', { fileBytes: TIER_UNIT_BYTES * TIER_RUNS * 2, records: 1e6 }),
  ]

  test('is none while there are few runs', () => {
    expect(due(new Version())).toBeUndefined()
    expect(due(version(small()))).toBeUndefined()
    expect(due(version(...Array.from({ length: TIER_RUNS - 1 }, small)))).toBeUndefined()
  })

  test('is of a tier that is full, and of everything newer', () => {
    const runs = Array.from({ length: TIER_RUNS }, small)
    expect(due(version(...runs, large()))?.sources).toEqual(runs)
    const upper = [small(), small(), ...Array.from({ length: TIER_RUNS }, large)]
    const huge = [table('ka', 'kz', { fileBytes: TIER_UNIT_BYTES * TIER_RUNS ** 3, records: 1e8 })]
    expect(due(version(...upper, huge))?.sources).toEqual(upper)
  })

  test('is of everything once much of the oldest run is superseded', () => {
    const old = [table('ka', 'kz', { fileBytes: 2 * TIER_UNIT_BYTES, records: 1000 })]
    const newer = (superseding: number): Table[] => [table('kb', 'kc', { superseding })]
    expect(due(version(newer(499), old))).toBeUndefined()
    expect(due(version(newer(251), newer(250), old))?.sources.length).toBe(3)
  })

  test('joins neighbours that are small', () => {
    const few = Array.from({ length: SMALL_TABLES_MAX - 1 }, (_, i) => table(`k${10 + i}`, `k${10 + i}z`))
    const many = [...few, table('k8', 'k8z'), table('k9', 'k9z', { fileBytes: TABLE_BYTES })]
    expect(due(version(few))).toBeUndefined()
    expect(due(version(many))).toEqual({ keyspace: 107, sources: [many.slice(0, -1)], isJoin: true })
  })
})

describe('islands', () => {
  test('are tables that overlap, directly or through others', () => {
    const [a, b, c, d] = [table('ka', 'kc'), table('kb', 'ke'), table('kd', 'kf'), table('kg', 'kh')]
    expect(islandsOf([[a!, d!], [b!], [c!]]).map(island => island.map(ids))).toEqual([
      [ids([a!]), ids([b!]), ids([c!])],
      [ids([d!]), [], []],
    ])
  })

  test('meet where one ends with the key with which the other begins', () => {
    expect(islandsOf([[table('ka', 'kb')], [table('kb', 'kc')]]).length).toBe(1)
    expect(islandsOf([[table('ka', 'kb')], [table('kb0', 'kc')]]).length).toBe(2)
  })
})

describe('a version with newer tables', () => {
  test('has them as the newest run where they overlap', () => {
    const [old, fresh] = [table('ka', 'kz'), table('kb', 'kc')]
    expect(tables(version([old]).withNewer([fresh]))).toEqual([ids([fresh]), ids([old])])
  })

  test('lets a table sink as deep as it overlaps nothing', () => {
    const [deep, upper] = [table('ka', 'kc'), table('kb', 'ke')]
    const [behind, between] = [table('kx', 'kz'), table('kd', 'kdd')]
    expect(tables(version([upper], [deep]).withNewer([between, behind]))).toEqual([
      ids([between]),
      ids([upper]),
      ids([deep, behind]),
    ])
  })
})

describe('a version with the result of a merge', () => {
  test('has it in the place of the oldest run that took part', () => {
    const [newest, a, b, oldest] = [
      table('ka', 'kz'),
      table('ka', 'kc'),
      table('kb', 'kd'),
      table('ka', 'kz'),
    ]
    const result = table('ka', 'kd')
    const merged = version([newest], [a], [b], [oldest]).withMerged(107, new Set([a, b]), [result])
    expect(tables(merged)).toEqual([ids([newest]), ids([result]), ids([oldest])])
  })

  test('keeps what sank into the runs meanwhile, each in its place', () => {
    const [a, b] = [table('ka', 'kc'), table('kb', 'kd')]
    const [sankDeep, sankLess] = [table('kx', 'kz'), table('kf', 'kg')]
    const result = table('ka', 'kd')
    const merged = version([a, sankLess], [b, sankDeep]).withMerged(107, new Set([a, b]), [result])
    expect(tables(merged)).toEqual([ids([sankLess]), ids([result, sankDeep])])
  })

  test('has what sank between joined tables above what they became', () => {
    const [a, b, other] = [table('ka', 'kc'), table('ke', 'kf'), table('kx', 'kz')]
    const current = version([a, b, other]).withNewer([table('kd', 'kdd'), table('kg', 'kh')])
    const [, sank, , behind] = current.runs(107)[0]!.tables
    const result = table('ka', 'kf')
    const merged = current.withMerged(107, new Set([a, b]), [result])
    expect(tables(merged)).toEqual([ids([sank!]), ids([result, behind!, other])])
  })

  test('has no runs without tables', () => {
    const [a, b] = [table('ka', 'kc'), table('kb', 'kd')]
    const merged = version([a], [b]).withMerged(107, new Set([a, b]), [])
    expect(merged.keyspaces).toEqual([])
  })
})

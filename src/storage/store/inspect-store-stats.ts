/** What a store consists of, in numbers: what the footers of its tables say, added up. No block is read. */
import type { StoreDamage } from '../../runtime/store.ts'
import type { InspectedStore } from './inspect-store.ts'
import type { ManifestKeyspace } from './manifest.ts'
import { Table } from './table.ts'

export interface StoreTotals {
  readonly runs: number
  readonly tables: number
  /** Of all tables, with everything that stands around the records. */
  readonly fileBytes: number
  readonly records: number
  readonly tombstones: number
  /** Records that took the place of an older one, which a merge with it would spare: tombstones are among them. */
  readonly superseding: number
  /** Keys that exist. */
  readonly keys: number
  /** Keys and values of all records but tombstones, the superseded ones included. */
  readonly putBytes: number
}

export interface KeyspaceStats extends StoreTotals {
  /** The first byte of its keys; -1 is the keyspace of the empty key. */
  readonly keyspace: number
}

export interface StoreStats {
  /** Counts the versions that were made durable since the store was begun. */
  readonly generation: number
  /** In order. */
  readonly keyspaces: readonly KeyspaceStats[]
  readonly totals: StoreTotals
}

const NOTHING: StoreTotals = {
  runs: 0,
  tables: 0,
  fileBytes: 0,
  records: 0,
  tombstones: 0,
  superseding: 0,
  keys: 0,
  putBytes: 0,
}

/** Opens every table, one after the other; the first that is damaged ends it, since nobody knows what it held. */
export function storeStats(store: InspectedStore): StoreStats | StoreDamage {
  const keyspaces: KeyspaceStats[] = []
  for (const each of store.manifest.keyspaces) {
    const found = keyspaceStats(store, each)
    if ('what' in found) return found
    keyspaces.push(found)
  }
  return { generation: store.manifest.generation, keyspaces, totals: keyspaces.reduce(added, NOTHING) }
}

function keyspaceStats(
  store: InspectedStore,
  { keyspace, runs }: ManifestKeyspace,
): KeyspaceStats | StoreDamage {
  let totals: StoreTotals = { ...NOTHING, runs: runs.length }
  for (const named of runs.flat()) {
    const table = store.openTable(named)
    if (!(table instanceof Table)) return table
    const { weight: keys, ...meta } = table.meta
    table.close()
    totals = added(totals, { ...meta, runs: 0, tables: 1, keys })
  }
  return { keyspace, ...totals }
}

function added(one: StoreTotals, other: StoreTotals): StoreTotals {
  return {
    runs: one.runs + other.runs,
    tables: one.tables + other.tables,
    fileBytes: one.fileBytes + other.fileBytes,
    records: one.records + other.records,
    tombstones: one.tombstones + other.tombstones,
    superseding: one.superseding + other.superseding,
    keys: one.keys + other.keys,
    putBytes: one.putBytes + other.putBytes,
  }
}

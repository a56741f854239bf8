/** `quorate store stats`: what a store consists of, as a table. */
import { QuorateError } from '../core/errors.ts'
import { storeDamaged } from '../storage/store/errors.ts'
import { inspectStore } from '../storage/store/inspect-store.ts'
import { type StoreStats, type StoreTotals, storeStats } from '../storage/store/inspect-store-stats.ts'
import { formatBytes } from './byte-units.ts'
import { print } from './output.ts'
import { withStore } from './store-place.ts'
import { formatTable } from './table.ts'

/** What the key-value store keeps in its keyspaces, by their letter: `machines/kv/store-keys.ts`. */
const KEYSPACE_NAMES: Readonly<Record<string, string>> = {
  h: 'heads',
  m: 'meta',
  p: 'past',
  r: 'revisions',
}

const HEADER = [
  'KEYSPACE',
  'RUNS',
  'TABLES',
  'SIZE',
  'RECORDS',
  'TOMBSTONES',
  'SUPERSEDED',
  'KEYS',
  'KEYS+VALUES',
]

/** Throws `QUORATE_STORE_DAMAGED` if a table does not say what it holds, or why the store cannot be looked at. */
export function showStoreStats(directory: string, json: boolean): void {
  const stats = withStore(directory, place => {
    const store = inspectStore(place)
    if (store instanceof QuorateError) throw store
    const found = 'what' in store ? store : storeStats(store)
    if ('what' in found) throw storeDamaged(found)
    return found
  })
  if (json) print(JSON.stringify(toJson(stats)))
  else {
    const rows = stats.keyspaces.map(each => toRow(nameOf(each.keyspace), each))
    print(formatTable(HEADER, [...rows, toRow('total', stats.totals)]))
    print(`generation ${stats.generation}`)
  }
}

function toRow(name: string, totals: StoreTotals): string[] {
  const { runs, tables, fileBytes, records, tombstones, superseding, keys, putBytes } = totals
  const counts = [records, tombstones, superseding, keys].map(String)
  return [name, String(runs), String(tables), formatBytes(fileBytes), ...counts, formatBytes(putBytes)]
}

function toJson({ generation, keyspaces, totals }: StoreStats): Record<string, unknown> {
  return {
    generation,
    keyspaces: keyspaces.map(({ keyspace, ...rest }) => ({ keyspace: nameOf(keyspace), ...named(rest) })),
    totals: named(totals),
  }
}

/** Names that say what they mean to somebody who does not know the tables. */
function named({ superseding, putBytes, ...rest }: StoreTotals): Record<string, number> {
  return { ...rest, superseded: superseding, keyAndValueBytes: putBytes }
}

/** `h heads`; of a byte that stands for nothing, `0x01`; of the empty key, `(empty)`. */
function nameOf(keyspace: number): string {
  if (keyspace < 0) return '(empty)'
  const isPrintable = keyspace > 0x20 && keyspace < 0x7f
  if (!isPrintable) return `0x${keyspace.toString(16).padStart(2, '0')}`
  const letter = String.fromCharCode(keyspace)
  const name = KEYSPACE_NAMES[letter]
  return name === undefined ? letter : `${letter} ${name}`
}

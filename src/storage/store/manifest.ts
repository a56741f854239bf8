/**
 * What a store consists of: which tables, in which runs, of which keyspaces. Whatever else is known of a table
 * stands in its own footer; its size is here too, so that a file that was exchanged or cut off is noticed before
 * anything of it is read.
 */

/** How many tables a store has at most: at their usual size they hold 64 TiB. It bounds what is read and held. */
export const MANIFEST_TABLES_MAX = 2 ** 20

export interface ManifestTable {
  /** From 1 on; names its file (`table-name.ts`). */
  readonly id: number
  readonly fileBytes: number
}

/** Tables in key order, their ranges disjoint; at least one. */
export type ManifestRun = readonly ManifestTable[]

export interface ManifestKeyspace {
  /** The first byte of its keys; -1 is the keyspace of the empty key. */
  readonly keyspace: number
  /** Newest first; at least one. */
  readonly runs: readonly ManifestRun[]
}

/** What one generation replaces by another. */
export interface ManifestContent {
  /** Larger than the id of every table that any generation has named. */
  readonly nextTableId: number
  /** Ascending; a keyspace without runs is not here. */
  readonly keyspaces: readonly ManifestKeyspace[]
}

export interface Manifest extends ManifestContent {
  /** From 1 on, one more with each that was made durable. */
  readonly generation: number
}

/** Of a store of which nothing was ever made durable. */
export const NO_MANIFEST: Manifest = { generation: 0, nextTableId: 1, keyspaces: [] }

/** Every table that the manifest names. */
export function tablesOf({ keyspaces }: ManifestContent): ManifestTable[] {
  return keyspaces.flatMap(({ runs }) => runs.flat())
}

/** What keeps this from being a manifest that may be written, in words; undefined if nothing does. */
export function manifestFault({ generation, nextTableId, keyspaces }: Manifest): string | undefined {
  if (!isCount(generation)) return 'a generation is a whole number from 1 on'
  if (!isCount(nextTableId)) return 'the next table id is a whole number from 1 on'
  const ids = new Set<number>()
  let previous = -2
  for (const { keyspace, runs } of keyspaces) {
    if (!Number.isInteger(keyspace) || keyspace > 0xff) return 'a keyspace is -1 or a byte'
    if (keyspace <= previous) return 'keyspaces ascend'
    previous = keyspace
    if (runs.length === 0) return 'a keyspace has a run'
    for (const run of runs) {
      if (run.length === 0) return 'a run has a table'
      for (const { id, fileBytes } of run) {
        if (!isCount(id) || id >= nextTableId) return 'the id of a table is below the next one'
        if (ids.has(id)) return 'a table has one place'
        if (!isCount(fileBytes)) return 'the file of a table is not empty'
        ids.add(id)
      }
    }
  }
  return ids.size <= MANIFEST_TABLES_MAX ? undefined : 'there are too many tables'
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0
}

/** What is known of a table without looking into it. */
export interface TableMeta {
  /** Names its file; of the tables that any manifest has named, no two have the same. */
  readonly id: number
  readonly fileBytes: number
  readonly blocks: number
  readonly records: number
  readonly tombstones: number
  /** Records that took the place of an older one: tombstones and overwrites. */
  readonly superseding: number
  /** The sum of all records' weights. */
  readonly weight: number
  /** Keys and values of everything but tombstones. */
  readonly putBytes: number
  readonly firstKey: Uint8Array
  readonly lastKey: Uint8Array
}

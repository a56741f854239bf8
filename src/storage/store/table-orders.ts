/** What a store and the job that makes its tables tell each other. Tasks are numbered by the store. */
import type { DiskErrorKind } from '../../runtime/disk.ts'
import type { TableMeta } from './table-meta.ts'

/** What the job begins with. */
export interface TableJobInput {
  readonly directory: string
  readonly tableBytes: number
}

/** A task makes at most `tablesMax` tables; their ids are `firstId` and those behind it. */
export interface TableIds {
  readonly firstId: number
  readonly tablesMax: number
}

/** Tables by their ids. Of each source, newest first, those that overlap others, in key order. */
export type IslandIds = readonly (readonly number[])[]

export type TableOrder =
  /** Make tables of the records that follow. `ends`: the last key of each keyspace on disk. */
  | {
      readonly kind: 'flush'
      readonly task: number
      readonly ids: TableIds
      readonly ends: ReadonlyMap<number, Uint8Array>
    }
  /** The next records of a flush, as `RecordImages` writes them. The array is handed over. */
  | { readonly kind: 'records'; readonly task: number; readonly bytes: Uint8Array; readonly length: number }
  | { readonly kind: 'recordsEnd'; readonly task: number }
  /** Make of each island one run of tables. */
  | {
      readonly kind: 'merge'
      readonly task: number
      readonly ids: TableIds
      readonly islands: readonly IslandIds[]
    }
  /** Leave nothing of it. It may just have ended: who gave the order removes what was made. */
  | { readonly kind: 'stop'; readonly task: number }

export type TableReport =
  /** Records were taken: their array comes home, to be filled again. */
  | { readonly kind: 'taken'; readonly task: number; readonly bytes: Uint8Array }
  /** In key order, each durable but for its name. */
  | { readonly kind: 'made'; readonly task: number; readonly tables: readonly TableMeta[] }
  /** Nothing of it is left. */
  | { readonly kind: 'failed'; readonly task: number; readonly error: ToldDiskError }

/** A `DiskError` as data. */
export interface ToldDiskError {
  readonly kind: DiskErrorKind
  readonly path: string
  readonly message: string
}

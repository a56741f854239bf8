import type { RecordKind } from './record.ts'

/**
 * A walk over the records of one source (a memtable, a table, a run, or several merged) in key order, ascending or
 * descending, each key once. The fields speak of the current record, in place: `next` changes them all, and what
 * is to be kept is copied. They are fields and not objects because a merge takes millions of such steps.
 */
export interface RecordCursor {
  /** Moves to the next record; false at the end, and from then on. */
  next(): boolean
  /** The key is the first `keyLength` bytes. */
  readonly keyBytes: Uint8Array
  readonly keyLength: number
  readonly kind: RecordKind
  /** The value is `valueLength` bytes from `valueAt` on; of a tombstone, none. */
  readonly valueBytes: Uint8Array
  readonly valueAt: number
  readonly valueLength: number
  /** The record's checksum (`record-checksum.ts`), as stored, or computed if this source stores none. */
  readonly sum: number
}

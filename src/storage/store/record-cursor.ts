import type { RecordKind } from './record.ts'

/**
 * A record where it stands: in a block, in a page, in a buffer. What is to be kept of it is copied. Fields and not
 * objects, because a merge takes millions of them.
 */
export interface RecordView {
  /** The key is the first `keyLength` bytes. */
  readonly keyBytes: Uint8Array
  readonly keyLength: number
  readonly kind: RecordKind
  /** The value is `valueLength` bytes from `valueAt` on; of a tombstone, none. */
  readonly valueBytes: Uint8Array
  readonly valueAt: number
  readonly valueLength: number
  /**
   * The record's checksum (`record-checksum.ts`), as stored, or computed if this source stores none.
   *
   * @param hash the key's (`keyHash`): who copies a record has it anyway.
   */
  sum(hash: number): number
}

/**
 * A walk over the records of one source (a memtable, a table, a run, or several merged) in key order, ascending or
 * descending, each key once. `next` changes everything.
 */
export interface RecordCursor {
  /** Moves to the next record; false at the end, and from then on. */
  next(): boolean
  /** What became of the key, in all that the cursor walks over. */
  readonly kind: RecordKind
  /** Key and value, and where they come from the kind that they had there. */
  readonly record: RecordView
}

/** A cursor over one source, which is itself the view of its record. */
export type SourceCursor = RecordCursor & RecordView

/** How a record's key compares to the one in the first `length` bytes, as `compareBytes` does, without a view. */
export function compareKey({ keyBytes, keyLength }: RecordView, bytes: Uint8Array, length: number): number {
  const shorter = keyLength < length ? keyLength : length
  for (let i = 0; i < shorter; i++) {
    const difference = keyBytes[i]! - bytes[i]!
    if (difference !== 0) return difference
  }
  return keyLength - length
}

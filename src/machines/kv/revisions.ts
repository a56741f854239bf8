/** Where the store stands as a whole: its revision, how far it is compacted, what is left to sweep. */
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import type { StoreBatch, StoreView } from '../../runtime/store.ts'
import { metaKey } from './store-keys.ts'

/** The revision of a store that nothing was ever written to. */
export const EMPTY_REVISION = 1
/** Compacted at nothing, so that compacting at 0 is allowed once. */
export const NEVER_COMPACTED = -1

const CURRENT = metaKey('r')
const COMPACTED = metaKey('c')

/** The main revision of the newest change; an empty store has 1. */
export function currentRevision(view: StoreView): number {
  return readNumber(view, CURRENT) ?? EMPTY_REVISION
}

/** Reads below it are refused; -1 before the first compaction. */
export function compactedRevision(view: StoreView): number {
  return readNumber(view, COMPACTED) ?? NEVER_COMPACTED
}

export function writeCurrentRevision(batch: StoreBatch, revision: number): void {
  writeNumber(batch, CURRENT, revision)
}

export function writeCompactedRevision(batch: StoreBatch, revision: number): void {
  writeNumber(batch, COMPACTED, revision)
}

function readNumber(view: StoreView, key: Uint8Array): number | undefined {
  const bytes = view.get(key)
  return bytes === undefined ? undefined : new ByteReader(bytes).u64()
}

function writeNumber(batch: StoreBatch, key: Uint8Array, value: number): void {
  records.u64(value)
  batch.put(key, records.finish())
}

/** What is finished stays as it is, so that all records may be pieces of one buffer. */
const records = new ByteWriter(1_024)

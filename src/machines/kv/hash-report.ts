/**
 * What the leader's history hashed to, for everybody to compare their own with. It stands in the state of all, so that
 * every member meets it at the same place of the log, with the same compacted revision, or not at all.
 */
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import type { StoreBatch, StoreView } from '../../runtime/store.ts'
import { metaKey } from './store-keys.ts'

/** As HashKV tells it. */
export interface HashReport {
  readonly hash: number
  readonly hashRevision: number
  readonly compactRevision: number
}

const REPORT = metaKey('h')
const REPORT_BYTES = 20

/** The newest; undefined before the first. */
export function readHashReport(view: StoreView): HashReport | undefined {
  const bytes = view.get(REPORT)
  return bytes && readReport(new ByteReader(bytes))
}

export function writeHashReport(batch: StoreBatch, report: HashReport): void {
  const to = new ByteWriter(REPORT_BYTES)
  writeReport(to, report)
  batch.put(REPORT, to.finish())
}

/** In the log as in the store. A store that was never compacted has a revision of -1. */
export function writeReport(to: ByteWriter, { hash, hashRevision, compactRevision }: HashReport): void {
  to.u32(hash)
  to.u64(hashRevision)
  to.u64(compactRevision + 1)
}

/** Throws `DecodeError`. */
export function readReport(from: ByteReader): HashReport {
  return { hash: from.u32(), hashRevision: from.u64(), compactRevision: from.u64() - 1 }
}

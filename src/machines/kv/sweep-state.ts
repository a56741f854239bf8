/**
 * How far sweeping has come, kept in the store while there is something left to sweep and absent otherwise. It
 * is each replica's own affair: snapshots and state hashes leave it out.
 */
import { ByteReader, ByteWriter, equalBytes } from '../../core/bytes.ts'
import type { StoreBatch, StoreView } from '../../runtime/store.ts'
import { metaKey, PAST_TABLE } from './store-keys.ts'

export interface SweepState {
  /** The first key of `p` that is yet to be looked at. */
  readonly next: Uint8Array
  /** Another compaction came meanwhile: once at the end, begin anew. */
  readonly again: boolean
}

const SWEEP = metaKey('s')

export function isSweepKey(storeKey: Uint8Array): boolean {
  return equalBytes(storeKey, SWEEP)
}

export function isSweepPending(view: StoreView): boolean {
  return view.get(SWEEP) !== undefined
}

export function readSweep(view: StoreView): SweepState | undefined {
  const bytes = view.get(SWEEP)
  if (bytes === undefined) return undefined
  const from = new ByteReader(bytes)
  return { again: from.u8() === 1, next: from.sizedBytes() }
}

export function writeSweep(batch: StoreBatch, { next, again }: SweepState): void {
  const to = new ByteWriter(16 + next.length)
  to.u8(again ? 1 : 0)
  to.sizedBytes(next)
  batch.put(SWEEP, to.finish())
}

export function endSweep(batch: StoreBatch): void {
  batch.delete(SWEEP)
}

/** A compaction happened. A sweep under way goes on with the new revision, and then looks once more. */
export function beginSweep(batch: StoreBatch): void {
  const before = readSweep(batch)
  writeSweep(batch, { next: before?.next ?? PAST_TABLE.from, again: before !== undefined })
}

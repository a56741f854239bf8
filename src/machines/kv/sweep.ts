/**
 * Removes what compaction passed, a slice at a time. It walks `p`, which holds just what was overwritten or
 * deleted, so that the cost is that of the history and not of the keys that exist; and it removes an ended
 * version together with its record, so that no reader ever finds the one without the other.
 */
import type { StoreBatch } from '../../runtime/store.ts'
import { isPassed } from './compaction.ts'
import { SWEEP_BUDGET } from './limits.ts'
import { compactedRevision } from './revisions.ts'
import { Slab } from './slab.ts'
import { PAST_TABLE, revisionKey, revisionOfPast } from './store-keys.ts'
import { endSweep, readSweep, writeSweep } from './sweep-state.ts'
import { decodePast, type PastVersion } from './version.ts'

const REMOVAL_COST = 4

/** One slice. True while more remains. */
export function sweep(batch: StoreBatch, budget = SWEEP_BUDGET): boolean {
  const state = readSweep(batch)
  if (state === undefined) return false
  const { passed, next } = findPassed(batch, state.next, budget)
  remove(batch, passed)
  if (next !== undefined) writeSweep(batch, { next, again: state.again })
  else if (state.again) writeSweep(batch, { next: PAST_TABLE.from, again: false })
  else endSweep(batch)
  return next !== undefined || state.again
}

interface Passed {
  readonly storeKey: Uint8Array
  readonly version: PastVersion
}

/** What the slice removes, and where the next one begins, if there is one. */
function findPassed(batch: StoreBatch, from: Uint8Array, budget: number) {
  const compacted = compactedRevision(batch)
  const cursor = batch.scan({ from, to: PAST_TABLE.to! })
  const passed: Passed[] = []
  while (cursor.next()) {
    if (budget <= 0) return { passed, next: cursor.key }
    budget--
    const version = decodePast(revisionOfPast(cursor.key), cursor.value)
    if (!isPassed(version, compacted)) continue
    passed.push({ storeKey: cursor.key, version })
    budget -= REMOVAL_COST
  }
  return { passed, next: undefined }
}

/** An ended version, its record and the tombstone that ended it come and go together, so each is there. */
function remove(batch: StoreBatch, passed: readonly Passed[]): void {
  const slab = new Slab()
  for (const { storeKey, version } of passed) {
    batch.delete(storeKey, 'present')
    batch.delete(revisionKey(slab, version.main, version.sub), 'present')
    if (version.deleted) batch.delete(revisionKey(slab, version.end.main, version.end.sub), 'present')
  }
}

/**
 * Removes what compaction passed, a slice at a time. It walks `p`, which holds just what was overwritten or
 * deleted, so that the cost is that of the history and not of the keys that exist. An entry never goes before
 * its record, and both are below what may be read, so that no reader misses either.
 */
import type { StoreBatch } from '../../runtime/store.ts'
import { type Passed, passedOf } from './compaction.ts'
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
  const { removals, next } = findPassed(batch, state.next, budget)
  remove(batch, removals)
  if (next !== undefined) writeSweep(batch, { next, again: state.again })
  else if (state.again) writeSweep(batch, { next: PAST_TABLE.from, again: false })
  else endSweep(batch)
  return next !== undefined || state.again
}

interface Removal {
  readonly storeKey: Uint8Array
  readonly version: PastVersion
  readonly passed: Passed
}

/** What the slice removes, and where the next one begins, if there is one. */
function findPassed(batch: StoreBatch, from: Uint8Array, budget: number) {
  const compacted = compactedRevision(batch)
  const cursor = batch.scan({ from, to: PAST_TABLE.to! })
  const removals: Removal[] = []
  while (cursor.next()) {
    if (budget <= 0) return { removals, next: cursor.key }
    budget--
    const version = decodePast(revisionOfPast(cursor.key), cursor.value)
    const passed = passedOf(version, compacted)
    if (passed === 'nothing') continue
    removals.push({ storeKey: cursor.key, version, passed })
    budget -= REMOVAL_COST
  }
  return { removals, next: undefined }
}

function remove(batch: StoreBatch, removals: readonly Removal[]): void {
  const slab = new Slab()
  for (const { storeKey, version, passed } of removals) {
    const record = revisionKey(slab, version.main, version.sub)
    // Of one that was deleted, an earlier compaction right at the deletion may have taken it.
    if (!version.deleted || batch.get(record) !== undefined) batch.delete(record, 'present')
    if (passed === 'record') continue
    batch.delete(storeKey, 'present')
    if (version.deleted) batch.delete(revisionKey(slab, version.end.main, version.end.sub), 'present')
  }
}

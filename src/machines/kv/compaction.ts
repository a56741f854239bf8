/**
 * What compaction at a revision C leaves: of every key the version that a read at C sees, and everything that
 * happened at C or later, so that reads and watches from C on miss nothing. A tombstone at C stays (etcd
 * #18089, #19179 tell what becomes of a watch from C otherwise).
 *
 * The rule looks at one pair at a time and does not ask how far sweeping has come, so that replicas agree
 * on what they have although each sweeps at its own pace.
 */
import { bug } from '../../core/seams.ts'
import type { StoreView } from '../../runtime/store.ts'
import { decodeKeyValue, isTombstone } from './key-value-record.ts'
import type { ReadPoint } from './read-point.ts'
import { compactedRevision } from './revisions.ts'
import { Slab } from './slab.ts'
import { isPastKey, isRevisionKey, pastKey, revisionOfKey, revisionOfPast } from './store-keys.ts'
import { isSweepKey, isSweepPending } from './sweep-state.ts'
import { decodePast, type PastVersion } from './version.ts'

export function refusalOfCompaction(
  at: ReadPoint,
  revision: number,
): 'compacted' | 'futureRevision' | undefined {
  if (revision <= at.compacted) return 'compacted'
  return revision > at.current ? 'futureRevision' : undefined
}

/** What compaction passed of a version that ended: its record is where the value is. */
export type Passed = 'nothing' | 'record' | 'all'

/**
 * The entry of one that a tombstone ended stays as long as the tombstone: it is what leads sweeping there. Its record
 * goes before, lest the values that were deleted last outlive a compaction up to now.
 */
export function passedOf({ main, end, deleted }: PastVersion, compacted: number): Passed {
  if (main >= compacted || end.main > compacted) return 'nothing'
  return deleted && end.main === compacted && !bug('compacted-tombstone-gone') ? 'record' : 'all'
}

/** For `StateMachine.isLive`: false for what is left to sweep, and for the note that it is. */
export function livePairs(view: StoreView): (key: Uint8Array, value: Uint8Array) => boolean {
  if (!isSweepPending(view)) return everyPair
  const compacted = compactedRevision(view)
  const slab = new Slab()
  return (key, value) => {
    if (isPastKey(key)) return passedOf(decodePast(revisionOfPast(key), value), compacted) !== 'all'
    if (isRevisionKey(key)) return isRecordLive(view, slab, key, value, compacted)
    return !isSweepKey(key)
  }
}

function everyPair(): boolean {
  return true
}

function isRecordLive(
  view: StoreView,
  slab: Slab,
  storeKey: Uint8Array,
  record: Uint8Array,
  compacted: number,
): boolean {
  const revision = revisionOfKey(storeKey)
  if (revision.main >= compacted) return true
  if (isTombstone(record)) return false
  const past = view.get(pastKey(slab, decodeKeyValue(record).key, revision.main, revision.sub))
  return past === undefined || passedOf(decodePast(revision, past), compacted) === 'nothing'
}

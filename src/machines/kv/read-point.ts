/** A view of the store together with the revisions that it stands for, and the reads that everything is made of. */
import { assert } from '../../core/assert.ts'
import type { StoreView } from '../../runtime/store.ts'
import { HistoricSource, pastVersionAt } from './historic-source.ts'
import type { KeySpan } from './key-range.ts'
import { decodeKeyValue } from './key-value-record.ts'
import { compactedRevision, currentRevision } from './revisions.ts'
import { Slab } from './slab.ts'
import { headKey, headRange, pastRange, revisionKey } from './store-keys.ts'
import type { KeyValue } from './types.ts'
import { decodeHead, type Version } from './version.ts'
import { HeadSource, type VersionSource } from './version-source.ts'

export interface ReadPoint {
  readonly view: StoreView
  readonly current: number
  readonly compacted: number
}

/** For keys that are only looked up: nobody keeps them. */
const slab = new Slab()

export function readPoint(view: StoreView): ReadPoint {
  return { view, current: currentRevision(view), compacted: compactedRevision(view) }
}

/** Why a read at `revision` is refused, if it is. Zero and below mean the newest. */
export function refusalOfRead(at: ReadPoint, revision: number): 'compacted' | 'futureRevision' | undefined {
  if (revision > at.current) return 'futureRevision'
  return revision > 0 && revision < at.compacted ? 'compacted' : undefined
}

/** The version of a key at a revision; undefined if the key did not exist. */
export function versionAt(at: ReadPoint, key: Uint8Array, revision: number): Version | undefined {
  const head = at.view.get(headKey(slab, key))
  if (head !== undefined) {
    const version = decodeHead(head)
    if (version.main <= revision) return version
  }
  return revision >= at.current ? undefined : pastVersionAt(at.view, slab, key, revision)
}

/** All versions of a span at a revision, in key order. */
export function versionsAt(at: ReadPoint, span: KeySpan, revision: number): VersionSource {
  return revision >= at.current
    ? new HeadSource(at.view, slab, span)
    : new HistoricSource(at.view, slab, span, revision)
}

/** All newest versions of a span, in the opposite of key order. */
export function versionsBackward(at: ReadPoint, span: KeySpan): VersionSource {
  return new HeadSource(at.view, slab, span, 'backward')
}

/** How many keys of the span exist now, in less than linear time. */
export function countNow(at: ReadPoint, { from, to }: KeySpan): number {
  return at.view.count(headRange(slab, from, to))
}

/** How many ended versions of keys of the span are kept. */
export function countPast(at: ReadPoint, { from, to }: KeySpan): number {
  return at.view.count(pastRange(slab, from, to))
}

/** Reads the record of a version. */
export function keyValueOf(at: ReadPoint, { main, sub }: Version): KeyValue {
  const record = at.view.get(revisionKey(slab, main, sub))
  assert(record !== undefined, 'every version that can be read has its record')
  return decodeKeyValue(record)
}

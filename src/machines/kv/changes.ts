/**
 * The history as watches want it: every change from a revision on, in the order in which it happened. Changes
 * below the compacted revision may be missing; those at it are all there.
 */
import { EMPTY } from '../../core/bytes.ts'
import type { StoreCursor, StoreView } from '../../runtime/store.ts'
import { decodeKeyValue } from './key-value-record.ts'
import { keyValueOf, type ReadPoint, versionAt } from './read-point.ts'
import { Slab } from './slab.ts'
import { type Revision, revisionOfKey, revisionRange } from './store-keys.ts'
import type { KeyValue } from './types.ts'

/** A put, or with `deleted` a deletion, whose `kv` then has only the key and the mod revision. */
export interface Change {
  readonly revision: Revision
  readonly deleted: boolean
  readonly kv: KeyValue
}

export function deletionOf(key: Uint8Array, revision: Revision): Change {
  return { revision, deleted: true, kv: { ...NOTHING, key, modRevision: revision.main } }
}

const NOTHING = { createRevision: 0, version: 0, value: EMPTY, lease: 0n }

/**
 * What the key held before the revision of the change: nothing for a put that created it, nor once that is compacted.
 * Of several changes of a key at one revision, all had the same before.
 */
export function valueBefore(at: ReadPoint, { revision, deleted, kv }: Change): KeyValue | undefined {
  if (!deleted && kv.createRevision === kv.modRevision) return undefined
  const before = revision.main - 1
  if (before < at.compacted) return undefined
  const version = versionAt(at, kv.key, before)
  return version === undefined ? undefined : keyValueOf(at, version)
}

export class ChangeCursor {
  readonly #cursor: StoreCursor

  /** Changes with `from` <= main revision < `to`; of `from`, those from `sub` on. */
  constructor(view: StoreView, from: number, to: number = Number.MAX_SAFE_INTEGER, sub = 0) {
    this.#cursor = view.scan(revisionRange(new Slab(), Math.max(0, from), Math.max(0, to), sub))
  }

  /** Undefined at the end. */
  next(): Change | undefined {
    if (!this.#cursor.next()) return undefined
    const revision = revisionOfKey(this.#cursor.key)
    const kv = decodeKeyValue(this.#cursor.value)
    return kv.version === 0 ? deletionOf(kv.key, revision) : { revision, deleted: false, kv }
  }
}

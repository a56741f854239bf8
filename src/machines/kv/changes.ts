/**
 * The history as watches want it: every change from a revision on, in the order in which it happened. Changes
 * below the compacted revision may be missing; those at it are all there. No method serves watches yet: until
 * then the tests of the machine check its history by it.
 */
import type { StoreCursor, StoreView } from '../../runtime/store.ts'
import { decodeKeyValue } from './key-value-record.ts'
import { Slab } from './slab.ts'
import { type Revision, revisionOfKey, revisionRange } from './store-keys.ts'
import type { KeyValue } from './types.ts'

/** A put, or with `deleted` a deletion, whose `kv` then has only the key and the mod revision. */
export interface Change {
  readonly revision: Revision
  readonly deleted: boolean
  readonly kv: KeyValue
}

export class ChangeCursor {
  readonly #cursor: StoreCursor

  /** Changes with `from` <= main revision < `to`. */
  constructor(view: StoreView, from: number, to: number = Number.MAX_SAFE_INTEGER) {
    this.#cursor = view.scan(revisionRange(new Slab(), Math.max(0, from), Math.max(0, to)))
  }

  /** Undefined at the end. */
  next(): Change | undefined {
    if (!this.#cursor.next()) return undefined
    const revision = revisionOfKey(this.#cursor.key)
    const kv = decodeKeyValue(this.#cursor.value)
    if (kv.version !== 0) return { revision, deleted: false, kv }
    return { revision, deleted: true, kv: { ...kv, modRevision: revision.main } }
  }
}

/**
 * Walks the versions of a range's keys in key order, as they were at one revision. Every step costs about
 * the same, so that whoever slices the walk can count them.
 */
import type { Direction, StoreCursor, StoreView } from '../../runtime/store.ts'
import type { KeySpan } from './key-range.ts'
import type { Slab } from './slab.ts'
import { headRange, keyOfHead } from './store-keys.ts'
import { decodeHead, type Version } from './version.ts'

export interface KeyVersion {
  readonly key: Uint8Array
  readonly version: Version
}

export interface VersionSource {
  /** The next version; null if this step found none, undefined if the range is at its end. */
  step(): KeyVersion | null | undefined
}

/** The newest versions: exactly the table `h`, so that no history is waded through. */
export class HeadSource implements VersionSource {
  readonly #cursor: StoreCursor

  constructor(view: StoreView, slab: Slab, { from, to }: KeySpan, direction?: Direction) {
    this.#cursor = view.scan(headRange(slab, from, to), direction)
  }

  step(): KeyVersion | undefined {
    if (!this.#cursor.next()) return undefined
    return { key: keyOfHead(this.#cursor.key), version: decodeHead(this.#cursor.value) }
  }
}

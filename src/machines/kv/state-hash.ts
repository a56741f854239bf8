/**
 * A hash over everything that a replica's machine holds, indexes included, for comparing replicas that have
 * applied the same entries. What compaction passed is left out, swept or not.
 */
import { type Checksum, crc32c } from '../../core/crc32c.ts'
import type { StoreCursor, StoreView } from '../../runtime/store.ts'
import { livePairs } from './compaction.ts'
import { ALL_TABLES } from './store-keys.ts'

export class StateHashCursor {
  readonly #cursor: StoreCursor
  readonly #isLive: (key: Uint8Array, value: Uint8Array) => boolean
  readonly #checksum: Checksum
  #hash = 0

  /** Reads from `view` until it is done: a pin, if it is interrupted. */
  constructor(view: StoreView, checksum: Checksum = crc32c) {
    this.#cursor = view.scan(ALL_TABLES)
    this.#isLive = livePairs(view)
    this.#checksum = checksum
  }

  /** Looks at about `budget` pairs. True while more remains. */
  advance(budget: number): boolean {
    for (; budget > 0; budget--) {
      if (!this.#cursor.next()) return false
      const { key, value } = this.#cursor
      if (!this.#isLive(key, value)) continue
      const lengths = new Uint8Array(8)
      const view = new DataView(lengths.buffer)
      view.setUint32(0, key.length)
      view.setUint32(4, value.length)
      this.#hash = this.#checksum(value, this.#checksum(key, this.#checksum(lengths, this.#hash)))
    }
    return true
  }

  /** Once `advance` has returned false. */
  get hash(): number {
    return this.#hash
  }
}

/** The whole hash at once. */
export function stateHash(view: StoreView, checksum?: Checksum): number {
  const cursor = new StateHashCursor(view, checksum)
  cursor.advance(Number.POSITIVE_INFINITY)
  return cursor.hash
}

/** What a look-up found. One of it serves all look-ups: a second object for each would be left to the collector. */
import { EMPTY } from '../../core/bytes.ts'
import { copyBytes } from './block-format.ts'
import { type RecordKind, TOMBSTONE } from './record.ts'

const SLAB_BYTES = 16 * 1024

/** Larger values get an array of their own, so that one small one never holds much memory. */
const SLAB_VALUE_BYTES_MAX = 1024

/** Makes copies that stay valid, many of them in one piece of memory: a view costs a tenth of an array. */
export class ValueSlab {
  #slab = EMPTY
  #at = 0

  /** A copy that nobody changes any more. */
  copy(bytes: Uint8Array, at: number, length: number): Uint8Array {
    if (length > SLAB_VALUE_BYTES_MAX) return bytes.slice(at, at + length)
    if (length === 0) return EMPTY
    if (this.#at + length > this.#slab.length) {
      this.#slab = new Uint8Array(SLAB_BYTES)
      this.#at = 0
    }
    const start = this.#at
    this.#at = start + length
    copyBytes(bytes, at, length, this.#slab, start)
    return this.#slab.subarray(start, this.#at)
  }
}

/** Speaks of the last record that was found; what `value` leads to stays valid. */
export class FoundRecord {
  kind: RecordKind = TOMBSTONE
  /** Of a tombstone, empty. */
  value: Uint8Array = EMPTY
  readonly slab: ValueSlab

  constructor(slab = new ValueSlab()) {
    this.slab = slab
  }
}

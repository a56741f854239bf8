/** Copies of bytes that stay valid: small ones share a slab, so that a copy costs no allocation of its own. */
import { copyBytes } from '../../core/bytes.ts'

const SLAB_BYTES_MIN = 512
const SLAB_BYTES_MAX = 16 * 1024
/** What is longer has an array of its own. */
const SHARED_BYTES_MAX = SLAB_BYTES_MAX / 4

export class CopySlab {
  #slab = new Uint8Array(0)
  #words: DataView | undefined
  #at = 0

  /** The `length` bytes from `at` on. */
  copy(from: Uint8Array, at: number, length: number): Uint8Array {
    if (length > SHARED_BYTES_MAX) return from.slice(at, at + length)
    if (this.#at + length > this.#slab.length) {
      // Who reads little gets little.
      const larger = Math.min(SLAB_BYTES_MAX, 2 * this.#slab.length)
      this.#slab = new Uint8Array(Math.max(SLAB_BYTES_MIN, larger, length))
      this.#words = undefined
      this.#at = 0
    }
    const slab = this.#slab
    const start = this.#at
    const end = start + length
    this.#at = end
    copyBytes(from, at, length, slab, start)
    return slab.subarray(start, end)
  }

  /** A view of the whole buffer that the last copy lies in, made once for all that share it; else undefined. */
  wordsOf(copy: Uint8Array): DataView | undefined {
    if (copy.length > SHARED_BYTES_MAX) return undefined
    this.#words ??= new DataView(this.#slab.buffer)
    return this.#words
  }
}

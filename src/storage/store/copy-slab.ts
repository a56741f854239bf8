/** Copies of bytes that stay valid: small ones share a slab, so that a copy costs no allocation of its own. */
import { copyBytes } from '../../core/bytes.ts'

const SLAB_BYTES_MIN = 512
const SLAB_BYTES_MAX = 16 * 1024

export class CopySlab {
  #slab = new Uint8Array(0)
  #at = 0

  /** The `length` bytes from `at` on. */
  copy(from: Uint8Array, at: number, length: number): Uint8Array {
    if (length > SLAB_BYTES_MAX / 4) return from.slice(at, at + length)
    if (this.#at + length > this.#slab.length) {
      // Who reads little gets little.
      const larger = Math.min(SLAB_BYTES_MAX, 2 * this.#slab.length)
      this.#slab = new Uint8Array(Math.max(SLAB_BYTES_MIN, larger, length))
      this.#at = 0
    }
    const slab = this.#slab
    const start = this.#at
    const end = start + length
    this.#at = end
    copyBytes(from, at, length, slab, start)
    return slab.subarray(start, end)
  }
}

/**
 * Small pieces of memory cut from larger ones: allocating an array costs sixteen times what a view does.
 * Slabs are small because one surviving piece keeps its whole slab alive.
 */
import { SLAB_BYTES } from './limits.ts'

export class Slab {
  #block = new Uint8Array(0)
  #at = 0

  /** `bytes` zeroes that belong to the caller for good. */
  take(bytes: number): Uint8Array {
    if (bytes > SLAB_BYTES / 4) return new Uint8Array(bytes)
    if (this.#at + bytes > this.#block.length) {
      this.#block = new Uint8Array(SLAB_BYTES)
      this.#at = 0
    }
    const piece = this.#block.subarray(this.#at, this.#at + bytes)
    this.#at += bytes
    return piece
  }
}

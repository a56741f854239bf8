/**
 * Buffers of one size, lent and given back. They lie outside the collector's heap, and the thread that makes tables
 * does so little within it that the collector hardly ever comes by: it held 60 MiB that nobody used any more.
 */
import { BUFFER_BYTES, BUFFERS_KEPT_MAX } from './limits.ts'

export class SpareBuffers {
  readonly #spare: Uint8Array[] = []

  /** BUFFER_BYTES, whatever they hold. */
  take(): Uint8Array {
    return this.#spare.pop() ?? new Uint8Array(BUFFER_BYTES)
  }

  /** Nobody looks at it any more. An array that `take` did not make is left to the collector. */
  give({ buffer }: Uint8Array): void {
    if (buffer.byteLength === BUFFER_BYTES && this.#spare.length < BUFFERS_KEPT_MAX) {
      this.#spare.push(new Uint8Array(buffer))
    }
  }
}

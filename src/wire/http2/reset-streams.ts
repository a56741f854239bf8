/**
 * The streams that we reset most lately: what the other end sent before it knew is ignored (RFC 9113 §5.4.2),
 * while the same frame on a stream that ended in peace is an error.
 */
import { RESET_STREAMS_REMEMBERED } from './limits.ts'

export class ResetStreams {
  readonly #ids = new Set<number>()

  add(streamId: number): void {
    if (this.#ids.size >= RESET_STREAMS_REMEMBERED) {
      const [oldest] = this.#ids
      if (oldest !== undefined) this.#ids.delete(oldest)
    }
    this.#ids.add(streamId)
  }

  has(streamId: number): boolean {
    return this.#ids.has(streamId)
  }
}

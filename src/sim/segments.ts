/** The two buffers of one end of a simulated stream: bytes that wait to be sent, and segments put back in order. */
import { concatBytes } from '../core/bytes.ts'

/** Bytes handed over for sending, in order, joined and cut as the network likes. */
export class WaitingBytes {
  #chunks: Uint8Array[] = []
  #length = 0

  get length(): number {
    return this.#length
  }

  push(bytes: Uint8Array): void {
    this.#chunks.push(bytes)
    this.#length += bytes.length
  }

  /** A copy of the next `size` bytes, as the kernel makes one; there must be as many. */
  take(size: number): Uint8Array {
    const taken: Uint8Array[] = []
    let count = 0
    for (let missing = size; missing > 0; missing -= taken.at(-1)!.length) {
      const chunk = this.#chunks[count]!
      if (chunk.length <= missing) {
        taken.push(chunk)
        count++
      } else {
        taken.push(chunk.subarray(0, missing))
        this.#chunks[count] = chunk.subarray(missing)
      }
    }
    this.#chunks.splice(0, count)
    this.#length -= size
    return taken.length === 1 ? taken[0]!.slice() : concatBytes(taken)
  }

  clear(): void {
    this.#chunks = []
    this.#length = 0
  }
}

/** What travels as one. */
export interface Segment {
  readonly sequence: number
  /** Null: nothing follows (FIN). */
  readonly bytes: Uint8Array | null
}

/** Segments as they arrive, in any order, and what of them can be read. */
export class Reassembly {
  #expected = 0
  readonly #early = new Map<number, Segment>()
  #ready: Segment[] = []

  /** Something can be read. */
  get isReady(): boolean {
    return this.#ready.length > 0
  }

  /** Bytes have arrived that nobody read. */
  get hasUnread(): boolean {
    return this.#early.size > 0 || this.#ready.some(segment => segment.bytes !== null)
  }

  /** Whether it was the next one; else it has overtaken another. */
  add(segment: Segment): boolean {
    if (segment.sequence !== this.#expected) {
      this.#early.set(segment.sequence, segment)
      return false
    }
    this.#expected++
    this.#ready.push(segment)
    if (this.#early.size > 0) this.#takeEarly()
    return true
  }

  /** Copies what can be read, segments that fit as a whole, joined; says how many bytes, or null at the end. */
  read(into: Uint8Array): number | null {
    let count = 0
    let total = 0
    for (; count < this.#ready.length; count++) {
      const bytes = this.#ready[count]!.bytes
      if (bytes === null || total + bytes.length > into.length) break
      into.set(bytes, total)
      total += bytes.length
    }
    this.#ready.splice(0, Math.max(count, 1))
    return count === 0 ? null : total
  }

  clear(): void {
    this.#early.clear()
    this.#ready = []
  }

  /** What overtook the one that has come now. */
  #takeEarly(): void {
    for (;;) {
      const next = this.#early.get(this.#expected)
      if (next === undefined) return
      this.#early.delete(this.#expected++)
      this.#ready.push(next)
    }
  }
}

/** The body of a request as it comes in (RFC 9112 §6, §7.1), within a limit. */
import { latin1Text, type Received } from './received.ts'
import type { BodyLength } from './request-head.ts'

/** `more` while bytes are missing; `done`; or the status that refuses the body. */
export type BodyProgress = 'more' | 'done' | 400 | 413

const NONE = new Uint8Array(0)
/** A chunk's length line, extensions included; and trailers, which are ignored. */
const CHUNK_LINE_BYTES_MAX = 1024

export class Body {
  readonly #length: BodyLength
  readonly #bytesMax: number
  /** The room grows as bytes come. */
  #bytes: Uint8Array = NONE
  #size = 0
  #chunkLeft = 0
  #state: 'line' | 'chunk' | 'end of chunk' | 'trailers' = 'line'

  constructor(length: BodyLength, bytesMax: number) {
    this.#length = length
    this.#bytesMax = bytesMax
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#size)
  }

  read(from: Received): BodyProgress {
    if (this.#length.kind === 'sized') {
      if (this.#length.length > this.#bytesMax) return 413
      this.#append(from, this.#length.length - this.#size)
      return this.#size === this.#length.length ? 'done' : 'more'
    }
    for (;;) {
      const progress = this.#readChunked(from)
      if (progress !== null) return progress
    }
  }

  /** One step; null to go on. */
  #readChunked(from: Received): BodyProgress | null {
    if (this.#state === 'chunk') {
      this.#chunkLeft -= this.#append(from, this.#chunkLeft)
      if (this.#chunkLeft > 0) return 'more'
      this.#state = 'end of chunk'
      return null
    }
    const length = from.lineLength()
    if (length < 0) return from.length > CHUNK_LINE_BYTES_MAX ? 400 : 'more'
    if (length > CHUNK_LINE_BYTES_MAX) return 400
    const line = latin1Text(from.take(length)).trimEnd()
    if (this.#state === 'trailers') return line === '' ? 'done' : null
    if (this.#state === 'end of chunk') {
      this.#state = 'line'
      return line === '' ? null : 400
    }
    const size = /^([0-9A-Fa-f]{1,8})[ \t]*(;.*)?$/.exec(line)
    if (size === null) return 400
    this.#chunkLeft = Number.parseInt(size[1]!, 16)
    if (this.#size + this.#chunkLeft > this.#bytesMax) return 413
    this.#state = this.#chunkLeft === 0 ? 'trailers' : 'chunk'
    return null
  }

  #append(from: Received, wanted: number): number {
    const count = Math.min(wanted, from.length)
    if (count === 0) return 0
    if (this.#size + count > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#size + count, this.#bytes.length * 2))
      grown.set(this.bytes)
      this.#bytes = grown
    }
    this.#bytes.set(from.take(count), this.#size)
    this.#size += count
    return count
  }
}

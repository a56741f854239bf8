/** A header block whose frames are still coming: HEADERS, then CONTINUATION until the last (RFC 9113 §6.10). */
import { ConnectionError, ErrorCode } from './error-code.ts'
import type { Http2Limits } from './limits.ts'

export class HeaderBlock {
  readonly #limits: Http2Limits
  #bytes: Uint8Array = new Uint8Array(0)
  #length = 0
  #frames = 0
  /** 0 when no block is open. Until it ends, no other frame may come (§4.3). */
  streamId = 0
  endStream = false

  constructor(limits: Http2Limits) {
    this.#limits = limits
  }

  get bytes(): Uint8Array {
    return this.#bytes
  }

  get length(): number {
    return this.#length
  }

  begin(streamId: number, endStream: boolean): void {
    this.streamId = streamId
    this.endStream = endStream
    this.#length = 0
    this.#frames = 0
  }

  /** Throws `ConnectionError` beyond the limits: a block that is not decoded breaks the tables for good. */
  append(bytes: Uint8Array, from: number, to: number): void {
    const length = this.#length + to - from
    if (length > this.#limits.headerBlockBytesMax || this.#frames > this.#limits.continuationsMax) {
      throw new ConnectionError(ErrorCode.enhanceYourCalm, 'header block too long')
    }
    this.#frames += 1
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, this.#bytes.length * 2))
      grown.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = grown
    }
    this.#bytes.set(bytes.subarray(from, to), this.#length)
    this.#length = length
  }
}

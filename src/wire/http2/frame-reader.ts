/**
 * Cuts a stream of bytes into frames. A frame that lies whole in what was received is handed over where it
 * lies; only one that is spread over several pieces is gathered, in a buffer of at most one frame.
 */
import { ConnectionError, ErrorCode } from './error-code.ts'
import { FRAME_HEADER_BYTES, readU31 } from './frame.ts'

export interface FrameSink {
  /** The payload lies in `bytes` from `from` to `to`, and only during the call. False stops the reader. */
  frame(type: number, flags: number, streamId: number, bytes: Uint8Array, from: number, to: number): boolean
}

export class FrameReader {
  readonly #sink: FrameSink
  readonly #frameBytesMax: number
  #partial: Uint8Array
  #length = 0

  constructor(sink: FrameSink, frameBytesMax: number) {
    this.#sink = sink
    this.#frameBytesMax = frameBytesMax
    this.#partial = new Uint8Array(256)
  }

  /** Throws `ConnectionError` for a frame that is too long, and what the sink throws. */
  receive(bytes: Uint8Array, at: number): void {
    if (this.#length > 0) {
      at = this.#completeFrame(bytes, at)
      if (at < 0) return
    }
    const end = bytes.length
    while (end - at >= FRAME_HEADER_BYTES) {
      const length = this.#lengthOf(bytes, at)
      const to = at + FRAME_HEADER_BYTES + length
      if (to > end) break
      if (!this.#handOver(bytes, at, to)) return
      at = to
    }
    this.#keep(bytes, at, end)
  }

  /** Fills up the frame that began earlier; the position behind it, or -1 when there is no more to do. */
  #completeFrame(bytes: Uint8Array, at: number): number {
    if (this.#length < FRAME_HEADER_BYTES) {
      at = this.#keep(bytes, at, Math.min(bytes.length, at + FRAME_HEADER_BYTES - this.#length))
      if (this.#length < FRAME_HEADER_BYTES) return -1
    }
    const whole = FRAME_HEADER_BYTES + this.#lengthOf(this.#partial, 0)
    at = this.#keep(bytes, at, Math.min(bytes.length, at + whole - this.#length))
    if (this.#length < whole) return -1
    this.#length = 0
    return this.#handOver(this.#partial, 0, whole) ? at : -1
  }

  #handOver(bytes: Uint8Array, at: number, to: number): boolean {
    const from = at + FRAME_HEADER_BYTES
    return this.#sink.frame(bytes[at + 3]!, bytes[at + 4]!, readU31(bytes, at + 5), bytes, from, to)
  }

  /** Checked before anything is gathered: nobody makes us wait for, or hold, more than a frame. */
  #lengthOf(bytes: Uint8Array, at: number): number {
    const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
    if (length > this.#frameBytesMax) throw new ConnectionError(ErrorCode.frameSizeError, 'frame too long')
    return length
  }

  #keep(bytes: Uint8Array, from: number, to: number): number {
    const length = this.#length + to - from
    if (length > this.#partial.length) {
      const grown = new Uint8Array(Math.max(length, this.#partial.length * 2))
      grown.set(this.#partial.subarray(0, this.#length))
      this.#partial = grown
    }
    if (to > from) this.#partial.set(bytes.subarray(from, to), this.#length)
    this.#length = length
    return to
  }
}

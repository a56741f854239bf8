/**
 * Cuts a byte stream into frames, whatever the chunks. A frame that lies within one chunk is handed out as
 * a view of it; one that does not is assembled in a buffer that is used again. The buffer grows with the
 * bytes that have come, never with the length that was announced.
 */
import { DecodeError, EMPTY } from '../../core/bytes.ts'
import type { Checksum } from '../../core/crc32c.ts'
import type { GroupId } from '../../core/ids.ts'
import { FRAME_HEADER_BYTES, FRAME_LEAD_BYTES, FRAME_PREFIX_BYTES } from './frame.ts'
import { ASSEMBLY_BYTES_KEPT, ASSEMBLY_BYTES_MIN, FRAME_BYTES_MAX } from './limits.ts'

/**
 * Takes a frame. The payload is only valid during the call: copy what must stay. False stops the decoder
 * for good, in the middle of a chunk if need be.
 */
export type FrameHandler = (kind: number, group: GroupId, payload: Uint8Array) => boolean

export class FrameDecoder {
  /** The longest frame that is taken, header included. May be changed between frames, from the handler too. */
  frameBytesMax: number
  readonly #checksum: Checksum
  readonly #handler: FrameHandler
  /** The beginning of a frame whose end has not come. */
  #partial: Uint8Array = EMPTY
  #partialBytes = 0
  #stopped = false

  constructor(checksum: Checksum, handler: FrameHandler, frameBytesMax: number = FRAME_BYTES_MAX) {
    this.#checksum = checksum
    this.#handler = handler
    this.frameBytesMax = frameBytesMax
  }

  /** Throws `DecodeError` at the first damage; after that, and after a stop, everything is ignored. */
  push(chunk: Uint8Array): void {
    let at = 0
    if (this.#partialBytes > 0) at = this.#complete(chunk)
    while (!this.#stopped && at < chunk.length) {
      const size = this.#frameBytes(chunk, at, chunk.length)
      if (size === undefined || at + size > chunk.length) {
        this.#keep(chunk, at, chunk.length)
        return
      }
      this.#deliver(chunk, at, size)
      at += size
    }
  }

  /** Adds to the partial frame what it misses, and hands it out if that was all. Returns where it ended. */
  #complete(chunk: Uint8Array): number {
    if (this.#stopped) return chunk.length
    let at = 0
    if (this.#partialBytes < FRAME_HEADER_BYTES) {
      at = Math.min(FRAME_HEADER_BYTES - this.#partialBytes, chunk.length)
      this.#keep(chunk, 0, at)
    }
    const size = this.#frameBytes(this.#partial, 0, this.#partialBytes)
    if (size === undefined) return at
    const end = Math.min(at + size - this.#partialBytes, chunk.length)
    this.#keep(chunk, at, end)
    if (this.#partialBytes === size) {
      this.#partialBytes = 0
      this.#deliver(this.#partial, 0, size)
      if (this.#partial.length > ASSEMBLY_BYTES_KEPT) this.#partial = EMPTY
    }
    return end
  }

  #keep(chunk: Uint8Array, from: number, to: number): void {
    const needed = this.#partialBytes + to - from
    if (needed > this.#partial.length) {
      let capacity = Math.max(this.#partial.length, ASSEMBLY_BYTES_MIN)
      while (capacity < needed) capacity *= 2
      const grown = new Uint8Array(capacity)
      grown.set(this.#partial.subarray(0, this.#partialBytes))
      this.#partial = grown
    }
    this.#partial.set(chunk.subarray(from, to), this.#partialBytes)
    this.#partialBytes = needed
  }

  /** How long the frame at `at` is, header included; undefined while its header is not all there. */
  #frameBytes(bytes: Uint8Array, at: number, end: number): number | undefined {
    if (end - at < FRAME_HEADER_BYTES) return undefined
    const length = readU32(bytes, at)
    if (readU32(bytes, at + 4) !== ~length >>> 0) throw this.#damage('a frame whose length is damaged')
    if (length < FRAME_LEAD_BYTES) throw this.#damage('a frame shorter than its header')
    const size = FRAME_PREFIX_BYTES + length
    if (size > this.frameBytesMax) throw this.#damage(`a frame of ${size} bytes, longer than allowed`)
    return size
  }

  #deliver(bytes: Uint8Array, at: number, size: number): void {
    const body = bytes.subarray(at + FRAME_PREFIX_BYTES, at + size)
    if (this.#checksum(body) !== readU32(bytes, at + 8)) throw this.#damage('a frame whose checksum is wrong')
    const more = this.#handler(body[0]!, readU32(body, 1) as GroupId, body.subarray(FRAME_LEAD_BYTES))
    if (!more) this.#stopped = true
  }

  #damage(what: string): DecodeError {
    this.#stopped = true
    return new DecodeError(what)
  }
}

function readU32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}

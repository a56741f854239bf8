/**
 * The frames of one turn, in order, in slabs. Whoever owns the connection takes them all at once; the views it
 * gets stay valid, because later frames go behind them or into a new slab.
 */
import { Flag, FRAME_HEADER_BYTES, FrameType } from './frame.ts'
import { OUTPUT_COPY_BYTES_MAX, OUTPUT_FIRST_SLAB_BYTES, OUTPUT_SLAB_BYTES } from './limits.ts'

/** Below this a loop is quicker than a view and a `set`. */
const LOOP_COPY_BYTES_MAX = 48

export class Output {
  /** The first is small: most connections of a large cluster say little. */
  #slab = new Uint8Array(OUTPUT_FIRST_SLAB_BYTES)
  #start = 0
  #at = 0
  #chunks: Uint8Array[] = []
  #chunkBytes = 0

  /** Bytes that nobody has taken. */
  get length(): number {
    return this.#chunkBytes + this.#at - this.#start
  }

  /** Gives all bytes, in order, to `take`, and is empty. */
  drain(take: (bytes: Uint8Array) => void): void {
    const chunks = this.#chunks
    if (chunks.length > 0) {
      this.#chunks = []
      this.#chunkBytes = 0
      for (const chunk of chunks) take(chunk)
    }
    if (this.#at > this.#start) {
      const view = this.#slab.subarray(this.#start, this.#at)
      this.#start = this.#at
      take(view)
    }
  }

  frameHeader(length: number, type: number, flags: number, streamId: number): void {
    this.#reserve(FRAME_HEADER_BYTES)
    const slab = this.#slab
    const at = this.#at
    slab[at] = length >>> 16
    slab[at + 1] = length >>> 8
    slab[at + 2] = length
    slab[at + 3] = type
    slab[at + 4] = flags
    slab[at + 5] = streamId >>> 24
    slab[at + 6] = streamId >>> 16
    slab[at + 7] = streamId >>> 8
    slab[at + 8] = streamId
    this.#at = at + FRAME_HEADER_BYTES
  }

  u16(value: number): void {
    this.#reserve(2)
    this.#slab[this.#at++] = value >>> 8
    this.#slab[this.#at++] = value
  }

  u32(value: number): void {
    this.u16(value >>> 16)
    this.u16(value & 0xffff)
  }

  /** Copies a run of bytes that lies in `bytes`. */
  copy(bytes: Uint8Array, from: number, to: number): void {
    while (from < to) {
      if (this.#at === this.#slab.length) this.#newSlab()
      const room = this.#slab.length - this.#at
      const next = to - from < room ? to : from + room
      this.#copyWithin(bytes, from, next)
      from = next
    }
  }

  /** Like `copy`, for bytes that will not change any more: a long run leaves as it is. */
  adopt(bytes: Uint8Array, from: number, to: number): void {
    if (to - from <= OUTPUT_COPY_BYTES_MAX) return this.copy(bytes, from, to)
    this.#cut()
    this.#chunks.push(bytes.subarray(from, to))
    this.#chunkBytes += to - from
  }

  /**
   * The first `length` bytes of `block` in one HEADERS frame and as many CONTINUATION frames as the other end's
   * frame size asks for (§6.10).
   */
  headers(
    streamId: number,
    block: Uint8Array,
    length: number,
    endStream: boolean,
    frameBytesMax: number,
  ): void {
    const end = endStream ? Flag.endStream : Flag.none
    let to = length < frameBytesMax ? length : frameBytesMax
    this.frameHeader(to, FrameType.headers, end | (to === length ? Flag.endHeaders : Flag.none), streamId)
    this.copy(block, 0, to)
    while (to < length) {
      const from = to
      to = Math.min(length, from + frameBytesMax)
      const flags = to === length ? Flag.endHeaders : Flag.none
      this.frameHeader(to - from, FrameType.continuation, flags, streamId)
      this.copy(block, from, to)
    }
  }

  rstStream(streamId: number, code: number): void {
    this.frameHeader(4, FrameType.rstStream, Flag.none, streamId)
    this.u32(code)
  }

  windowUpdate(streamId: number, increment: number): void {
    this.frameHeader(4, FrameType.windowUpdate, Flag.none, streamId)
    this.u32(increment)
  }

  goAway(lastStreamId: number, code: number, text: string): void {
    this.frameHeader(8 + text.length, FrameType.goAway, Flag.none, 0)
    this.u32(lastStreamId)
    this.u32(code)
    for (let i = 0; i < text.length; i++) {
      this.#reserve(1)
      this.#slab[this.#at++] = text.charCodeAt(i)
    }
  }

  #copyWithin(bytes: Uint8Array, from: number, to: number): void {
    if (to - from > LOOP_COPY_BYTES_MAX) {
      this.#slab.set(bytes.subarray(from, to), this.#at)
      this.#at += to - from
      return
    }
    const slab = this.#slab
    let at = this.#at
    while (from < to) slab[at++] = bytes[from++]!
    this.#at = at
  }

  #reserve(count: number): void {
    if (this.#at + count > this.#slab.length) this.#newSlab()
  }

  #newSlab(): void {
    this.#cut()
    this.#slab = new Uint8Array(OUTPUT_SLAB_BYTES)
    this.#start = this.#at = 0
  }

  #cut(): void {
    if (this.#at === this.#start) return
    this.#chunks.push(this.#slab.subarray(this.#start, this.#at))
    this.#chunkBytes += this.#at - this.#start
    this.#start = this.#at
  }
}

/**
 * What a connection sends: frames, as far as the other end's windows, the turn's limit and the transport allow;
 * the rest waits in its stream, and streams that wait take turns (RFC 9113 §5.2, §6.9).
 *
 * Header blocks are encoded in the order in which they leave, because the tables depend on it.
 */

import type { HeaderField } from '../hpack/header-field.ts'
import { HpackEncoder } from '../hpack/hpack-encoder.ts'
import { Flag, FrameType } from './frame.ts'
import { type Http2Limits, INITIAL_WINDOW_BYTES, QUEUE_SLAB_BYTES, STREAM_QUANTUM_BYTES } from './limits.ts'
import { Output } from './output.ts'
import type { Settings } from './settings.ts'
import type { Http2Stream } from './stream.ts'

export interface SenderEvents {
  /** There is output where there was none. */
  output(): void
  /** HEADERS or DATA was sent. */
  sent(): void
  /** The other end would not take these headers: they were not sent, and the stream cannot go on. */
  unsendable(stream: Http2Stream): void
  /** END_STREAM has left. */
  ended(stream: Http2Stream): void
}

export class Sender {
  readonly output = new Output()
  readonly encoder = new HpackEncoder()
  /** The connection's window. */
  window = INITIAL_WINDOW_BYTES
  /** Data that waits in all streams. */
  queuedBytes = 0
  /** The highest stream whose headers have left: what a client opened beyond it is idle to the server. */
  lastStreamId = 0
  /** The transport takes no more for now. */
  blocked = false
  readonly #limits: Http2Limits
  readonly #remote: Settings
  readonly #events: SenderEvents
  /** Streams that something other than their own window keeps waiting, in the order of their turns. */
  readonly #ready = new Set<Http2Stream>()
  #drained: Http2Stream[] = []
  #pumping = false

  constructor(limits: Http2Limits, remote: Settings, events: SenderEvents) {
    this.#limits = limits
    this.#remote = remote
    this.#events = events
  }

  get waiting(): boolean {
    return this.#ready.size > 0
  }

  headers(stream: Http2Stream, fields: readonly HeaderField[], endStream: boolean): void {
    if (endStream) stream.ended = true
    if (!stream.pending && this.#room()) return this.#writeHeaders(stream, fields, endStream)
    if (endStream) {
      stream.endQueued = true
      stream.queuedTrailers = fields
    } else {
      stream.queuedHead = fields
    }
    this.#ready.add(stream)
  }

  /**
   * Sends or queues `prefix` and `bytes` as one run; both are copied. False when some of it waits: the stream
   * gets `drained` once it is gone.
   */
  data(stream: Http2Stream, prefix: Uint8Array, bytes: Uint8Array, endStream: boolean): boolean {
    const length = prefix.length + bytes.length
    if (endStream) stream.ended = true
    if (this.#fits(stream, length)) {
      this.#charge(stream, length)
      this.#events.output()
      const flags = endStream ? Flag.endStream : Flag.none
      this.output.frameHeader(length, FrameType.data, flags, stream.id)
      this.output.copy(prefix, 0, prefix.length)
      this.output.copy(bytes, 0, bytes.length)
      this.#events.sent()
      if (endStream) this.#events.ended(stream)
      return true
    }
    if (length > 0) this.#enqueue(stream, prefix, bytes)
    if (endStream) stream.endQueued = true
    this.#ready.add(stream)
    if (this.window > 0) this.pump()
    if (!stream.pending) return true
    stream.wantsDrained = true
    return false
  }

  /** Whether one more message may wait in this stream. */
  mayQueue(stream: Http2Stream): boolean {
    return (
      stream.queuedBytes <= this.#limits.streamQueueBytesMax &&
      this.queuedBytes <= this.#limits.connectionQueueBytesMax
    )
  }

  /** The stream's window has grown. */
  resume(stream: Http2Stream): void {
    if (!stream.pending) return
    this.#ready.add(stream)
    this.pump()
  }

  /** The stream is over: what waits in it is forgotten. */
  forget(stream: Http2Stream): void {
    this.queuedBytes -= stream.queuedBytes
    stream.queuedBytes = 0
    stream.queue = []
    stream.queuedHead = stream.queuedTrailers = null
    stream.endQueued = stream.wantsDrained = false
    this.#ready.delete(stream)
  }

  /** Lets the waiting streams send in turn, until nothing more may leave. */
  pump(): void {
    if (this.#pumping || this.#ready.size === 0) return
    this.#pumping = true
    // A stream that has had its turn goes to the end of the set, where this loop meets it again.
    for (const stream of this.#ready) {
      if (!this.#room()) break
      if (this.window <= 0 && stream.queuedBytes > 0 && stream.queuedHead === null) continue
      this.#ready.delete(stream)
      this.#sendSome(stream)
      if (stream.pending && stream.sendWindow > 0) this.#ready.add(stream)
    }
    this.#pumping = false
    if (this.#drained.length > 0) this.#tellDrained()
  }

  #tellDrained(): void {
    const drained = this.#drained
    this.#drained = []
    for (const stream of drained) if (!stream.closed) stream.events.drained()
  }

  #sendSome(stream: Http2Stream): void {
    if (stream.queuedHead !== null) {
      const head = stream.queuedHead
      stream.queuedHead = null
      this.#writeHeaders(stream, head, false)
    }
    let quantum = Math.min(STREAM_QUANTUM_BYTES, stream.sendWindow, this.window)
    while (stream.queuedBytes > 0 && quantum > 0) quantum -= this.#sendPiece(stream, quantum)
    if (stream.queuedBytes > 0) return
    if (stream.endQueued) {
      stream.endQueued = false
      if (stream.queuedTrailers !== null) {
        const trailers = stream.queuedTrailers
        stream.queuedTrailers = null
        this.#writeHeaders(stream, trailers, true)
      } else {
        this.#writeEmptyEnd(stream)
      }
      return
    }
    if (!stream.wantsDrained) return
    stream.wantsDrained = false
    this.#drained.push(stream)
  }

  /** One DATA frame from the front of the queue; its length. */
  #sendPiece(stream: Http2Stream, bytesMax: number): number {
    const piece = stream.queue[0]!
    const from = stream.queueOffset
    const to = Math.min(piece.length, from + Math.min(bytesMax, this.#remote.maxFrameSize))
    const length = to - from
    this.#charge(stream, length)
    stream.queuedBytes -= length
    this.queuedBytes -= length
    stream.queueOffset = to
    if (to === piece.length) {
      stream.queue.shift()
      stream.queueOffset = 0
    }
    const last = stream.queuedBytes === 0 && stream.endQueued && stream.queuedTrailers === null
    this.#events.output()
    this.output.frameHeader(length, FrameType.data, last ? Flag.endStream : Flag.none, stream.id)
    this.output.adopt(piece, from, to)
    this.#events.sent()
    if (last) {
      stream.endQueued = false
      this.#events.ended(stream)
    }
    return length
  }

  #writeEmptyEnd(stream: Http2Stream): void {
    this.#events.output()
    this.output.frameHeader(0, FrameType.data, Flag.endStream, stream.id)
    this.#events.sent()
    this.#events.ended(stream)
  }

  #writeHeaders(stream: Http2Stream, fields: readonly HeaderField[], endStream: boolean): void {
    if (!this.#takesHeaders(fields)) return this.#events.unsendable(stream)
    if (stream.id > this.lastStreamId) this.lastStreamId = stream.id
    const { encoder } = this
    encoder.begin()
    for (let i = 0; i < fields.length; i++) encoder.field(fields[i]!)
    this.#events.output()
    this.output.headers(stream.id, encoder.block, encoder.length, endStream, this.#remote.maxFrameSize)
    this.#events.sent()
    if (endStream) this.#events.ended(stream)
  }

  /** §6.5.2: SETTINGS_MAX_HEADER_LIST_SIZE counts fields as RFC 7541 §4.1 does. */
  #takesHeaders(fields: readonly HeaderField[]): boolean {
    let left = this.#remote.maxHeaderListSize
    for (let i = 0; i < fields.length; i++) left -= fields[i]!.size
    return left >= 0
  }

  #enqueue(stream: Http2Stream, prefix: Uint8Array, bytes: Uint8Array): void {
    const length = prefix.length + bytes.length
    stream.queuedBytes += length
    this.queuedBytes += length
    if (length > QUEUE_SLAB_BYTES) {
      const piece = new Uint8Array(length)
      piece.set(prefix)
      piece.set(bytes, prefix.length)
      stream.queue.push(piece)
      stream.slab = null
      return
    }
    // Small messages share a slab, and one piece of the queue: a slow reader costs bytes, not objects.
    const joins = stream.slab !== null && stream.queue.length > 0
    if (stream.slab === null || stream.slabUsed + length > stream.slab.length || !joins) {
      stream.slab = new Uint8Array(QUEUE_SLAB_BYTES)
      stream.slabUsed = 0
      stream.queue.push(stream.slab.subarray(0, 0))
    }
    stream.slab.set(prefix, stream.slabUsed)
    stream.slab.set(bytes, stream.slabUsed + prefix.length)
    stream.slabUsed += length
    stream.queue[stream.queue.length - 1] = stream.slab.subarray(0, stream.slabUsed)
  }

  #fits(stream: Http2Stream, length: number): boolean {
    return (
      !stream.pending &&
      (length === 0 || (length <= stream.sendWindow && length <= this.window)) &&
      length <= this.#remote.maxFrameSize &&
      this.#room()
    )
  }

  #charge(stream: Http2Stream, length: number): void {
    stream.sendWindow -= length
    this.window -= length
  }

  #room(): boolean {
    return !this.blocked && this.output.length < this.#limits.outputBytesMax
  }
}

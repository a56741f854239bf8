/** The streams of a connection, and what is known of those that have gone (RFC 9113 §5.1.1). */
import { STREAM_ID_MAX } from './limits.ts'
import { ResetStreams } from './reset-streams.ts'
import type { Http2Stream } from './stream.ts'

export class StreamTable {
  readonly #server: boolean
  readonly #open = new Map<number, Http2Stream>()
  readonly #reset = new ResetStreams()
  /** The highest streams that either end has opened. */
  lastRemoteId = 0
  lastLocalId: number
  /** The other end's streams beyond this are not looked at: our GOAWAY has said so. */
  acceptUpTo = STREAM_ID_MAX

  constructor(server: boolean) {
    this.#server = server
    // A client's ids are odd, a server opens none.
    this.lastLocalId = server ? 0 : -1
  }

  get size(): number {
    return this.#open.size
  }

  get(streamId: number): Http2Stream | undefined {
    return this.#open.get(streamId)
  }

  add(stream: Http2Stream): void {
    this.#open.set(stream.id, stream)
  }

  delete(stream: Http2Stream): void {
    this.#open.delete(stream.id)
  }

  /** For loops that change no stream's membership. */
  values(): IterableIterator<Http2Stream> {
    return this.#open.values()
  }

  /** For loops that may. */
  snapshot(): Http2Stream[] {
    return [...this.#open.values()]
  }

  rememberReset(streamId: number): void {
    this.#reset.add(streamId)
  }

  /** Nothing has ever been sent or received on it. */
  isIdle(streamId: number): boolean {
    const remote = (streamId & 1) === (this.#server ? 1 : 0)
    return streamId > (remote ? this.lastRemoteId : this.lastLocalId) && streamId <= this.acceptUpTo
  }

  /** What comes for this stream, which is not open, was sent before the other end knew that it is over. */
  isIgnored(streamId: number): boolean {
    return !this.#server || this.#reset.has(streamId) || streamId > this.acceptUpTo
  }
}

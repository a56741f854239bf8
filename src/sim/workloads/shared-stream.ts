/** A stream that several watches share, as its client sees it. */
import type { MessageStream } from '../../client/message-stream.ts'
import { decode } from '../../wire/etcd/protobuf-reader.ts'
import { encode } from '../../wire/etcd/protobuf-writer.ts'
import { type WatchRequest, writeWatchRequest } from '../../wire/etcd/watch-request.ts'
import { readWatchResponse, type WatchResponse } from '../../wire/etcd/watch-response.ts'
import { EVERY_WATCH } from '../checkers/watch-record.ts'
import { SETTLING_ASK_MS, SETTLING_MS_MAX } from './limits.ts'
import type { StreamNotes } from './watch-notebook.ts'

export class SharedStream {
  readonly notes: StreamNotes
  readonly #stream: MessageStream
  isOpen = true
  /** That were asked for, and have not been ended. */
  #watches = 0
  /** All of them were told of everything up to here. */
  #reached = 0

  constructor(notes: StreamNotes, stream: MessageStream) {
    this.notes = notes
    this.#stream = stream
  }

  ask(request: WatchRequest): void {
    if (request.kind === 'create') this.#watches++
    this.notes.asked(request)
    this.#stream.send(encode(request, writeWatchRequest))
  }

  /** @param behindEach what it does before it reads the next response */
  async read(behindEach: (response: WatchResponse) => Promise<void>): Promise<void> {
    for (let message = await this.#stream.next(); message !== null; message = await this.#stream.next()) {
      const response = decode(message, readWatchResponse)
      this.notes.received(response)
      if (response.canceled) this.#watches--
      else if (response.watchId === EVERY_WATCH) this.#reached = response.header.revision
      await behindEach(response)
    }
    this.isOpen = false
  }

  end(): void {
    this.isOpen = false
    this.#stream.cancel()
  }

  /**
   * Whether all of its watches are told of everything up to this revision, after a while. `unasked`: the stream is
   * over, or has no watches.
   */
  async isToldOf(revision: number, pause: (ms: number) => Promise<void>): Promise<'yes' | 'no' | 'unasked'> {
    for (let ms = 0; this.isOpen && this.#watches > 0; ms += SETTLING_ASK_MS) {
      if (this.#reached >= revision) return 'yes'
      if (ms > SETTLING_MS_MAX) return 'no'
      this.ask({ kind: 'progress' })
      await pause(SETTLING_ASK_MS)
    }
    return 'unasked'
  }
}

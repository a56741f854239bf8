/** Writes down what watches of a run ask and are told, stream by stream, as their clients see it. */
import type { WatchObserver } from '../../client/watch.ts'
import { WatchFilter, type WatchRequest } from '../../wire/etcd/watch-request.ts'
import type { WatchResponse } from '../../wire/etcd/watch-response.ts'
import type { WatchStream, WatchStreamEvent } from '../checkers/watch-record.ts'

export class WatchNotebook {
  readonly #moment: () => number
  readonly #streams: StreamNotes[] = []

  constructor(moment: () => number) {
    this.#moment = moment
  }

  get streams(): readonly WatchStream[] {
    return this.#streams
  }

  /** @param reader of its watch, which may go on where one on another stream ended */
  stream(reader?: string): StreamNotes {
    const notes = new StreamNotes(this.#moment, reader)
    this.#streams.push(notes)
    return notes
  }

  /** @param reader of one watch, over all the streams that it has one after the other */
  observer(reader: string): WatchObserver {
    let notes: StreamNotes | undefined
    return {
      opened: create => {
        notes = this.stream(reader)
        notes.asked({ kind: 'create', create })
      },
      received: response => notes?.received(response),
    }
  }
}

/** Of one stream. */
export class StreamNotes implements WatchStream {
  readonly events: WatchStreamEvent[] = []
  settledAt?: number
  readonly #moment: () => number
  readonly #reader: { readonly reader?: string }

  constructor(moment: () => number, reader?: string) {
    this.#moment = moment
    this.#reader = reader === undefined ? {} : { reader }
  }

  asked(request: WatchRequest): void {
    const at = this.#moment()
    if (request.kind === 'cancel') this.events.push({ kind: 'cancel', at, watchId: request.watchId })
    if (request.kind === 'progress') this.events.push({ kind: 'progress', at })
    if (request.kind !== 'create') return
    const { filters, ...rest } = request.create
    const [noPut, noDelete] = [filters.includes(WatchFilter.noPut), filters.includes(WatchFilter.noDelete)]
    this.events.push({ kind: 'create', at, create: { ...rest, noPut, noDelete }, ...this.#reader })
  }

  received({ header, ...response }: WatchResponse): void {
    this.events.push({
      kind: 'response',
      at: this.#moment(),
      response: { ...response, revision: header.revision },
    })
  }

  /** Everything that was committed by then was told. */
  settled(at: number): void {
    this.settledAt = at
  }
}

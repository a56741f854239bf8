/** Writes down what watches of a run ask and are told, stream by stream, as their clients see it. */
import type { WatchObserver } from '../../client/watch.ts'
import { WatchFilter } from '../../wire/etcd/watch-request.ts'
import type { WatchStream, WatchStreamEvent } from '../checkers/watch-record.ts'

export class WatchNotebook {
  readonly #moment: () => number
  readonly #streams: WatchStream[] = []

  constructor(moment: () => number) {
    this.#moment = moment
  }

  get streams(): readonly WatchStream[] {
    return this.#streams
  }

  /** @param reader of one watch, over all the streams that it has one after the other */
  observer(reader: string): WatchObserver {
    let events: WatchStreamEvent[] = []
    return {
      opened: ({ filters, ...create }) => {
        const [noPut, noDelete] = [
          filters.includes(WatchFilter.noPut),
          filters.includes(WatchFilter.noDelete),
        ]
        events = [{ kind: 'create', at: this.#moment(), create: { ...create, noPut, noDelete }, reader }]
        this.#streams.push({ events })
      },
      received: ({ header, ...response }) => {
        const received = { ...response, revision: header.revision }
        events.push({ kind: 'response', at: this.#moment(), response: received })
      },
    }
  }
}

/** What one client asks of the store and is told, attempt by attempt: into the history, the trace and the counts. */
import type { ClientError } from '../../client/errors.ts'
import { describeStoreOperation } from '../checkers/describe-history.ts'
import {
  isLinearizable,
  revisionOf,
  type StoreOutcome,
  type StoreRequest,
  type StoreResponse,
} from '../checkers/history.ts'
import { outcomeOfError } from '../checkers/recorder.ts'
import { NOTE_CHARACTERS_MAX } from './limits.ts'
import type { Stage } from './workload.ts'

export class AttemptLog {
  readonly #stage: Stage
  readonly #client: number
  #newestRevision = 1

  /** @param client as the history calls it */
  constructor(stage: Stage, client: number) {
    this.#stage = stage
    this.#client = client
  }

  /** The newest revision that the client was ever told of. */
  get newestRevision(): number {
    return this.#newestRevision
  }

  /** Returns the attempt's id. */
  called(request: StoreRequest): number {
    const id = this.#stage.recorder.call(this.#client, request)
    this.#note(id, request)
    return id
  }

  done(id: number, response: StoreResponse): void {
    const { recorder } = this.#stage
    recorder.done(id, response)
    this.#note(id, response)
    this.#stage.answered()
    if (!isLinearizable(recorder.operations[id]!)) return
    this.#newestRevision = Math.max(this.#newestRevision, revisionOf(response))
  }

  failed(id: number, error: ClientError): void {
    this.#stage.recorder.failed(id, error)
    this.#note(id, outcomeOfError(error))
    this.#stage.failed(error)
  }

  /** Into the trace: asked, or answered. */
  #note(id: number, what: StoreRequest | StoreResponse | StoreOutcome): void {
    const { cluster, recorder } = this.#stage
    cluster.world.noteValue([id, what], () => {
      const line = describeStoreOperation(recorder.operations[id]!)
      return line.length > NOTE_CHARACTERS_MAX ? `${line.slice(0, NOTE_CHARACTERS_MAX)}...` : line
    })
  }
}

/** A client every one of whose requests goes to the history, attempt by attempt. */
import type { Client } from '../../client/client.ts'
import { ClientError } from '../../client/errors.ts'
import type { Credentials } from '../../client/login.ts'
import type { Watch, WatchOptions } from '../../client/watch.ts'
import { addMs } from '../../core/time.ts'
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

/** One answer to one request. */
export type Answer<Kind extends StoreRequest['kind']> =
  | Exclude<StoreOutcome, { kind: 'done' }>
  | { readonly kind: 'done'; readonly response: Extract<StoreResponse, { kind: Kind }> }

export class RecordedClient {
  /** As the history calls it. */
  readonly id: number
  readonly #stage: Stage
  readonly #client: Client
  readonly #timeoutMs: number
  #newestRevision = 1
  #watches = 0

  /**
   * @param members those that it knows; default: all.
   * @param credentials whom it is; default: whoever clients of this cluster are.
   */
  constructor(stage: Stage, timeoutMs: number, members?: readonly string[], credentials?: Credentials) {
    this.id = stage.nextClient()
    this.#stage = stage
    this.#timeoutMs = timeoutMs
    this.#client = stage.cluster.client(`client${this.id}`, members, credentials)
  }

  /** For what is no request of the store, and is recorded elsewhere. */
  get unrecorded(): Client {
    return this.#client
  }

  /** The newest revision that it was ever told of. */
  get newestRevision(): number {
    return this.#newestRevision
  }

  /** Throws what is no answer of the client: a bug. */
  async ask<Request extends StoreRequest>(request: Request): Promise<Answer<Request['kind']>> {
    const { recorder } = this.#stage
    const id = recorder.call(this.id, request)
    this.#note(id, request)
    try {
      const response = await this.#send(request)
      recorder.done(id, response)
      this.#note(id, response)
      this.#stage.answered()
      if (isLinearizable(recorder.operations[id]!)) this.#saw(revisionOf(response))
      return { kind: 'done', response: response as Extract<StoreResponse, { kind: Request['kind'] }> }
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      recorder.failed(id, error)
      this.#note(id, outcomeOfError(error))
      this.#stage.failed(error)
      return outcomeOfError(error) as Exclude<StoreOutcome, { kind: 'done' }>
    }
  }

  /** What it is told goes to the notebook of the stage. */
  watch(which: Parameters<Client['watch']>[0], options: Omit<WatchOptions, 'observer'>): Watch {
    const observer = this.#stage.notebook.observer(`${this.id}/${this.#watches++}`)
    return this.#client.watch(which, { ...options, observer })
  }

  /** Lets virtual time pass. */
  pause(ms: number): Promise<void> {
    const { clock } = this.#stage.cluster.world
    return new Promise(resolve => clock.at(addMs(clock.now(), ms), resolve))
  }

  close(): void {
    this.#client.close()
  }

  /** Into the trace: asked, or answered. */
  #note(id: number, what: StoreRequest | StoreResponse | StoreOutcome): void {
    const { cluster, recorder } = this.#stage
    cluster.world.noteValue([id, what], () => {
      const line = describeStoreOperation(recorder.operations[id]!)
      return line.length > NOTE_CHARACTERS_MAX ? `${line.slice(0, NOTE_CHARACTERS_MAX)}...` : line
    })
  }

  #saw(revision: number): void {
    if (revision > this.#newestRevision) this.#newestRevision = revision
  }

  async #send(request: StoreRequest): Promise<StoreResponse> {
    const timeoutMs = this.#timeoutMs
    switch (request.kind) {
      case 'range': {
        const { key, rangeEnd, ...options } = request.range
        const range = await this.#client.range({ from: key, to: rangeEnd }, { ...options, timeoutMs })
        return { kind: 'range', range }
      }
      case 'put': {
        const { key, value, lease, prevKv } = request.put
        return { kind: 'put', put: await this.#client.put(key, value, { lease, prevKv, timeoutMs }) }
      }
      case 'deleteRange': {
        const { key, rangeEnd, prevKv } = request.deleteRange
        const deleteRange = await this.#client.delete({ from: key, to: rangeEnd }, { prevKv, timeoutMs })
        return { kind: 'deleteRange', deleteRange }
      }
      case 'txn':
        return { kind: 'txn', txn: await this.#client.txn(request.txn, { timeoutMs }) }
      case 'compact': {
        const { revision, physical } = request.compact
        return { kind: 'compact', compact: await this.#client.compact(revision, { physical, timeoutMs }) }
      }
      case 'leaseRevoke': {
        const leaseRevoke = await this.#client.leases.revoke(request.leaseRevoke.id, { timeoutMs })
        return { kind: 'leaseRevoke', leaseRevoke }
      }
    }
  }
}

/** A client every one of whose requests goes to the history, attempt by attempt. */
import type { Channel } from '../../client/channel.ts'
import type { Client } from '../../client/client.ts'
import { ClientError } from '../../client/errors.ts'
import type { Credentials } from '../../client/login.ts'
import type { Watch, WatchOptions } from '../../client/watch.ts'
import { addMs, type Instant } from '../../core/time.ts'
import type { StoreOutcome, StoreRequest, StoreResponse } from '../checkers/history.ts'
import { outcomeOfError } from '../checkers/recorder.ts'
import type { NodeClock } from '../node-clock.ts'
import { AttemptLog } from './attempt-log.ts'
import { RecordedChannel } from './recorded-channel.ts'
import type { Stage } from './workload.ts'

/** One answer to one request. */
export type Answer<Kind extends StoreRequest['kind']> =
  | Exclude<StoreOutcome, { kind: 'done' }>
  | { readonly kind: 'done'; readonly response: Extract<StoreResponse, { kind: Kind }> }

export interface RecordedClientOptions {
  /** Those that it knows; default: all. */
  readonly members?: readonly string[]
  /** Whom it is; default: whoever clients of this cluster are. */
  readonly credentials?: Credentials
  /** What it makes of its own accord is recorded too, on its way to the members: nothing of it is left out. */
  readonly isTapped?: boolean
}

export class RecordedClient {
  /** As the history calls it. */
  readonly id: number
  /** Called behind every request that it sends, if it is tapped. */
  onSent: (() => void) | undefined
  readonly #stage: Stage
  readonly #name: string
  readonly #log: AttemptLog
  readonly #client: Client
  readonly #timeoutMs: number
  #watches = 0

  constructor(stage: Stage, timeoutMs: number, options: RecordedClientOptions = {}) {
    const { members, credentials, isTapped = false } = options
    this.id = stage.nextClient()
    this.#stage = stage
    this.#name = `client${this.id}`
    this.#log = new AttemptLog(stage, this.id)
    this.#timeoutMs = timeoutMs
    const tap = { stage, log: this.#log, sent: () => this.onSent?.() }
    const through = isTapped ? (channel: Channel) => new RecordedChannel(channel, tap) : undefined
    this.#client = stage.cluster.client(this.#name, members, credentials, through)
  }

  /** For what is no request of the store, and is recorded elsewhere; if it is tapped, for everything. */
  get unrecorded(): Client {
    return this.#client
  }

  /** The newest revision that it was ever told of. */
  get newestRevision(): number {
    return this.#log.newestRevision
  }

  /** Throws what is no answer of the client: a bug. */
  async ask<Request extends StoreRequest>(request: Request): Promise<Answer<Request['kind']>> {
    const id = this.#log.called(request)
    try {
      const response = await this.#send(request)
      this.#log.done(id, response)
      return { kind: 'done', response: response as Extract<StoreResponse, { kind: Request['kind'] }> }
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      this.#log.failed(id, error)
      return outcomeOfError(error) as Exclude<StoreOutcome, { kind: 'done' }>
    }
  }

  /** What it is told goes to the notebook of the stage. */
  watch(which: Parameters<Client['watch']>[0], options: Omit<WatchOptions, 'observer'>): Watch {
    const observer = this.#stage.notebook.observer(`${this.id}/${this.#watches++}`)
    return this.#client.watch(which, { ...options, observer })
  }

  /** Lets virtual time pass, by the clock of its machine: it goes on later if its process stands still. */
  pause(ms: number): Promise<void> {
    const { world } = this.#stage.cluster
    return new Promise(resolve => this.#clock.at(addMs(world.clock.now(), ms), resolve))
  }

  /** Its process stands still for so long, once what it does at this instant is done: SIGSTOP, and SIGCONT. */
  standStill(ms: number): void {
    const { world } = this.#stage.cluster
    const now = world.clock.now()
    world.clock.at((now + 1) as Instant, () => world.pause(this.#name))
    world.clock.at(addMs(now, ms), () => world.resume(this.#name))
  }

  close(): void {
    this.#client.close()
  }

  get #clock(): NodeClock {
    return this.#stage.cluster.world.node(this.#name)!.clock
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

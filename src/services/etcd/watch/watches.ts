/** The `Watch` service: opens a stream for each call, and ends them all when the node stops. */
import type { Gauge } from '../../../core/gauge.ts'
import type { ChangeFeed } from '../../../machines/kv/change-feed.ts'
import type { GrpcCall, StreamHandlers } from '../../../wire/grpc/call.ts'
import { EtcdErrors } from '../errors.ts'
import type { Responder } from '../responder.ts'
import { PROGRESS_INTERVAL_MS } from './limits.ts'
import { PermissionWalks } from './permission-walk.ts'
import { WatchHub } from './watch-hub.ts'
import { WatchProgress } from './watch-progress.ts'
import { WatchStream } from './watch-stream.ts'

export class Watches {
  readonly #responder: Responder
  readonly #hub: WatchHub
  readonly #progress: WatchProgress
  readonly #streams = new Map<GrpcCall, WatchStream>()

  constructor(responder: Responder, changes: ChangeFeed) {
    const { clock, watchProgressIntervalMs } = responder.options
    this.#responder = responder
    this.#hub = new WatchHub(responder, changes)
    const walks = new PermissionWalks(clock, () => this.#streams.values())
    changes.auth.onChange(() => walks.want())
    this.#progress = new WatchProgress(clock, watchProgressIntervalMs ?? PROGRESS_INTERVAL_MS)
  }

  open(call: GrpcCall): StreamHandlers & { ended(): void } {
    const stream = new WatchStream(call, this.#hub, this.#responder)
    this.#streams.set(call, stream)
    this.#progress.add(stream)
    this.#responder.options.counters.watchStreams++
    return {
      received: message => stream.received(message),
      // A client that will ask nothing more wants no more answers either, as etcd has it.
      // As etcd: who asks for nothing more still listens. Whoever watches with curl has said all at once.
      halfClosed: () => {},
      drained: () => stream.drained(),
      ended: () => this.#ended(call, stream),
    }
  }

  /** Ends every stream: clients open them again elsewhere. */
  stop(): void {
    for (const [call, stream] of [...this.#streams]) {
      this.#responder.fail(call, EtcdErrors.serverStopped)
      this.#ended(call, stream)
    }
  }

  gauges(): readonly Gauge[] {
    return this.#hub.gauges()
  }

  #ended(call: GrpcCall, stream: WatchStream): void {
    if (!this.#streams.delete(call)) return
    stream.end()
    this.#progress.delete(stream)
    this.#responder.options.counters.watchStreams--
  }
}

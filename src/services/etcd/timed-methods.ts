/** Methods that measure how long their calls take, for `--metrics extensive`: a wrapper a call, which others spare. */
import { Histogram } from '../../core/histogram.ts'
import { type Instant, msBetween } from '../../core/time.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { GrpcCall, GrpcMethods, UnaryMethod } from '../../wire/grpc/call.ts'
import type { GrpcStatus } from '../../wire/grpc/status.ts'

/** Prometheus' own defaults, in seconds, which etcd's dashboards expect. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export interface TimedMethods {
  readonly methods: GrpcMethods
  /** By path, of calls that are answered with one message. */
  readonly times: ReadonlyMap<string, Histogram>
}

export function timedMethods(clock: Clock, methods: GrpcMethods): TimedMethods {
  const times = new Map<string, Histogram>()
  const timed = [...methods].map(([path, method]): [string, typeof method] => {
    if (method.kind === 'stream') return [path, method]
    const histogram = new Histogram(BOUNDS)
    times.set(path, histogram)
    return [path, timedMethod(clock, histogram, method)]
  })
  return { methods: new Map(timed), times }
}

function timedMethod(clock: Clock, histogram: Histogram, method: UnaryMethod): UnaryMethod {
  return {
    kind: 'unary',
    handle: (call, message) => method.handle(new TimedCall(call, clock, histogram), message),
  }
}

class TimedCall implements GrpcCall {
  readonly #call: GrpcCall
  readonly #clock: Clock
  readonly #histogram: Histogram
  readonly #began: Instant

  constructor(call: GrpcCall, clock: Clock, histogram: Histogram) {
    this.#call = call
    this.#clock = clock
    this.#histogram = histogram
    this.#began = clock.now()
  }

  get path(): string {
    return this.#call.path
  }

  get deadline(): Instant {
    return this.#call.deadline
  }

  get certificateName(): string | undefined {
    return this.#call.certificateName
  }

  get remote(): string {
    return this.#call.remote
  }

  get connection(): object | string {
    return this.#call.connection
  }

  get ended(): boolean {
    return this.#call.ended
  }

  get onCancelled(): (() => void) | null {
    return this.#call.onCancelled
  }

  set onCancelled(told: (() => void) | null) {
    this.#call.onCancelled = told
  }

  metadata(name: string): string | undefined {
    return this.#call.metadata(name)
  }

  send(message: Uint8Array): boolean {
    return this.#call.send(message)
  }

  finish(status: GrpcStatus, message?: string): void {
    if (!this.ended) this.#histogram.observe(msBetween(this.#began, this.#clock.now()) / 1_000)
    this.#call.finish(status, message)
  }
}

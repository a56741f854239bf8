/**
 * Our own load generator: unary gRPC calls over several connections of one process, closed loop (so many in
 * flight) or open loop (so many per second, latency counted from when a call was due, not from when there
 * was room for it: Tene's "coordinated omission" is what happens otherwise). Every answer is checked.
 */
import { addMs, type Instant } from '../src/core/time.ts'
import { EngineConnection } from '../src/runtime/engine-connection.ts'
import { silentLogger } from '../src/runtime/logger.ts'
import { nodeRuntime } from '../src/runtime/node/index.ts'
import { addressOf } from '../src/server/node-url.ts'
import { GrpcClientConnection, type UnaryResult } from '../src/wire/grpc/client-connection.ts'
import { GrpcStatus } from '../src/wire/grpc/status.ts'

const { clock, network } = nodeRuntime({ log: silentLogger })

const DEADLINE_MS = 20_000

export interface LoadOptions {
  readonly url: string
  readonly path: string
  readonly connections: number
  /** The request with this number. */
  message(sequence: number): Uint8Array
  /** Throws if the answer is not what it should be. */
  check?(response: Uint8Array, sequence: number): void
}

export interface LoadResult {
  readonly requestsPerSecond: number
  readonly latenciesMs: number[]
  readonly failures: number
  /** Of the calls that were answered with what they asked for. */
  readonly servedMs: number[]
  readonly servedPerSecond: number
}

/** Throws if any call was refused: how long refusals take, and how many come a second, is no figure of a node's. */
export function allServed(result: LoadResult, what: string): LoadResult {
  const { failures, latenciesMs } = result
  if (failures > 0) throw new Error(`${failures} of ${latenciesMs.length} ${what} failed`)
  return result
}

export class Load {
  readonly #options: LoadOptions
  readonly #engines: GrpcClientConnection[] = []
  readonly #close: (() => void)[] = []
  #failures = 0
  #servedMs: number[] = []

  private constructor(options: LoadOptions) {
    this.#options = options
  }

  static async open(options: LoadOptions): Promise<Load> {
    const load = new Load(options)
    for (let i = 0; i < options.connections; i++) await load.#connect()
    return load
  }

  close(): void {
    for (const close of this.#close) close()
  }

  /** Keeps `inFlight` calls under way until `requests` are done. */
  closedLoop(requests: number, inFlight: number): Promise<LoadResult> {
    this.#failures = 0
    this.#servedMs = []
    const latenciesMs: number[] = []
    const start = performance.now()
    if (requests === 0) return Promise.resolve(this.#result(start, latenciesMs))
    return new Promise(resolve => {
      let next = 0
      const one = (): void => {
        if (next >= requests) return
        const sequence = next++
        const calledAt = performance.now()
        this.#call(sequence, calledAt, () => {
          latenciesMs.push(performance.now() - calledAt)
          if (latenciesMs.length === requests) resolve(this.#result(start, latenciesMs))
          else one()
        })
      }
      for (let i = 0; i < inFlight; i++) one()
    })
  }

  /** Begins `perSecond` calls a second for so long, whatever becomes of the earlier ones. */
  openLoop(perSecond: number, seconds: number): Promise<LoadResult> {
    this.#failures = 0
    this.#servedMs = []
    const latenciesMs: number[] = []
    const requests = Math.floor(perSecond * seconds)
    const start = performance.now()
    if (requests === 0) return Promise.resolve(this.#result(start, latenciesMs))
    return new Promise(resolve => {
      let next = 0
      const tick = (): void => {
        const due = Math.min(requests, Math.floor(((performance.now() - start) / 1000) * perSecond) + 1)
        while (next < due) {
          const sequence = next++
          const dueAt = start + (sequence / perSecond) * 1000
          this.#call(sequence, dueAt, () => {
            latenciesMs.push(performance.now() - dueAt)
            if (latenciesMs.length === requests) resolve(this.#result(start, latenciesMs))
          })
        }
        if (next < requests) setTimeout(tick, 1)
      }
      tick()
    })
  }

  #result(start: number, latenciesMs: number[]): LoadResult {
    const seconds = (performance.now() - start) / 1000
    const servedMs = this.#servedMs
    // Where there are none, no time need have passed.
    const perSecond = (calls: number): number => (calls === 0 ? 0 : calls / seconds)
    return {
      requestsPerSecond: perSecond(latenciesMs.length),
      latenciesMs,
      failures: this.#failures,
      servedMs,
      servedPerSecond: perSecond(servedMs.length),
    }
  }

  #call(sequence: number, from: number, done: () => void): void {
    const engine = this.#engines[sequence % this.#engines.length]!
    const now = clock.now()
    engine.call(now, this.#options.path, null, this.#options.message(sequence), deadline(now), result => {
      if (this.#isServed(result, sequence)) this.#servedMs.push(performance.now() - from)
      done()
    })
  }

  #isServed(result: UnaryResult, sequence: number): boolean {
    if (result.status !== GrpcStatus.ok || result.response === null) {
      this.#failures++
      return false
    }
    this.#options.check?.(result.response, sequence)
    return true
  }

  #connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      const address = addressOf(this.#options.url)
      const driver: EngineConnection<GrpcClientConnection> = new EngineConnection(
        clock,
        wantsFlush => new GrpcClientConnection(clock.now(), { authority: address.host, wantsFlush }),
        error => reject(error ?? new Error('closed')),
      )
      const connection = network.connect(address, {
        ...driver.handlers,
        opened: () => {
          driver.opened(connection)
          this.#engines.push(driver.engine)
          this.#close.push(() => connection.destroy())
          resolve()
        },
      })
    })
  }
}

function deadline(now: Instant): Instant {
  return addMs(now, DEADLINE_MS)
}

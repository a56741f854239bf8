/** A channel over the gRPC engine: one connection, dialled when a call needs it, replaced when it breaks. */
import { addMs, type Instant, NEVER } from '../core/time.ts'
import type { Clock } from '../runtime/clock.ts'
import { EngineConnection } from '../runtime/engine-connection.ts'
import { type Address, type Connection, formatAddress, type Network } from '../runtime/network.ts'
import type { ClientCallHandlers } from '../wire/grpc/client-call.ts'
import { GrpcClientConnection, type UnaryResult } from '../wire/grpc/client-connection.ts'
import { GrpcStatus } from '../wire/grpc/status.ts'
import type { HeaderField } from '../wire/hpack/header-field.ts'
import type { Channel, StreamAttempt, StreamOptions } from './channel.ts'
import { type Attempt, attemptFromStatus } from './errors.ts'
import { CONNECT_TIMEOUT_MS, KEEPALIVE } from './limits.ts'
import { GrpcStream } from './message-stream.ts'

interface Dialled {
  readonly engine: GrpcClientConnection
  readonly driver: EngineConnection<GrpcClientConnection>
  readonly connection: Connection
  /** Resolves to null once the connection is open, or to why it never was. */
  readonly opened: Promise<string | null>
}

export class GrpcChannel implements Channel {
  readonly endpoint: string
  readonly #network: Network
  readonly #clock: Clock
  readonly #address: Address
  #dialled: Dialled | undefined
  #closed = false

  constructor(network: Network, clock: Clock, address: Address) {
    this.#network = network
    this.#clock = clock
    this.#address = address
    this.endpoint = formatAddress(address)
  }

  async call(
    path: string,
    message: Uint8Array,
    deadline: Instant,
    metadata: readonly HeaderField[] = [],
  ): Promise<Attempt> {
    const dialled = await this.#open()
    if (typeof dialled === 'string') return { kind: 'refused', message: dialled }
    return new Promise(resolve => {
      const done = (result: UnaryResult): void => resolve(this.#attempt(result))
      dialled.engine.call(this.#clock.now(), path, metadata, message, deadline, done)
    })
  }

  async stream(path: string, options: StreamOptions = {}): Promise<StreamAttempt> {
    const dialled = await this.#open()
    if (typeof dialled === 'string') return { kind: 'refused', message: dialled }
    const now = this.#clock.now()
    const metadata = options.metadata ?? null
    const open = (handlers: ClientCallHandlers) => dialled.engine.stream(now, path, metadata, NEVER, handlers)
    return { kind: 'open', stream: new GrpcStream(open) }
  }

  close(): void {
    this.#closed = true
    this.#dialled?.connection.destroy()
  }

  /** The connection, or why there is none. */
  async #open(): Promise<Dialled | string> {
    if (this.#closed) return 'the client is closed'
    if (this.#dialled === undefined || this.#dialled.engine.draining) this.#dialled = this.#dial()
    const dialled = this.#dialled
    const refusal = await dialled.opened
    return refusal === null ? dialled : `${this.endpoint}: ${refusal}`
  }

  #attempt(result: UnaryResult): Attempt {
    if (result.outcome === 'refused')
      return { kind: 'refused', message: `${this.endpoint}: ${result.message}` }
    if (result.outcome === 'unknown')
      return { kind: 'unknown', message: `${this.endpoint}: ${result.message}` }
    if (result.status !== GrpcStatus.ok) return attemptFromStatus(result.status, result.message)
    if (result.response !== null) return { kind: 'answered', response: result.response }
    return { kind: 'unknown', message: `${this.endpoint}: an answer without a message` }
  }

  #dial(): Dialled {
    let settle: (refusal: string | null) => void = () => {}
    const opened = new Promise<string | null>(resolve => {
      settle = resolve
    })
    const authority = this.endpoint
    const driver: EngineConnection<GrpcClientConnection> = new EngineConnection(
      this.#clock,
      wantsFlush =>
        new GrpcClientConnection(this.#clock.now(), { authority, wantsFlush, keepalive: KEEPALIVE }),
      error => {
        limit.clear()
        if (this.#dialled?.driver === driver) this.#dialled = undefined
        settle(error?.message ?? 'the connection was closed')
      },
    )
    const limit = this.#clock.timer(() => {
      settle('connecting took too long')
      connection.destroy()
    })
    const connection = this.#network.connect(this.#address, {
      ...driver.handlers,
      opened: () => {
        limit.clear()
        driver.opened(connection)
        settle(null)
      },
    })
    limit.set(addMs(this.#clock.now(), CONNECT_TIMEOUT_MS))
    return { engine: driver.engine, driver, connection, opened }
  }
}

/** The port of a member that hosts a user's machine: gRPC, as clients of the etcd API speak it, with two methods. */
import { addMs, type Instant } from '../../core/time.ts'
import type { Replica } from '../../replication/replica.ts'
import { EngineConnection } from '../../runtime/engine-connection.ts'
import type {
  Address,
  Connection,
  ConnectionHandlers,
  Listener,
  NetworkError,
} from '../../runtime/network.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { EtcdError } from '../../services/etcd/errors.ts'
import { proposalFailure, readFailure } from '../../services/etcd/failures.ts'
import type { GrpcCall, GrpcMethods } from '../../wire/grpc/call.ts'
import { GrpcServerConnection } from '../../wire/grpc/server-connection.ts'
import { GrpcStatus } from '../../wire/grpc/status.ts'
import type { HostedMachine } from './hosted-machine.ts'
import { decodeRequest, encodeAnswer, type MachineAnswer, READ_PATH, WRITE_PATH } from './machine-request.ts'

export interface MachinePortOptions {
  readonly runtime: Runtime
  readonly replica: Replica<MachineAnswer>
  readonly machine: HostedMachine
  /** How long a request may take here, whatever its client says. */
  readonly requestTimeoutMs: number
}

export class MachinePort {
  readonly #options: MachinePortOptions
  readonly #methods: GrpcMethods
  readonly #listeners: Listener[] = []
  readonly #connections = new Set<EngineConnection<GrpcServerConnection>>()

  constructor(options: MachinePortOptions) {
    this.#options = options
    this.#methods = new Map([
      [WRITE_PATH, { kind: 'unary', handle: (call, message) => this.#write(call, message) }],
      [READ_PATH, { kind: 'unary', handle: (call, message) => this.#read(call, message) }],
    ])
  }

  listen(address: Address, listening: (error: NetworkError | null) => void): void {
    const { network } = this.#options.runtime
    this.#listeners.push(network.listen(address, connection => this.#accept(connection), listening))
  }

  /** Takes no new connections, and closes those that there are. */
  stop(): void {
    for (const listener of this.#listeners) listener.close()
    for (const connection of [...this.#connections]) connection.destroy()
  }

  #accept(connection: Connection): ConnectionHandlers {
    const { clock } = this.#options.runtime
    const makeEngine = (wantsFlush: () => void): GrpcServerConnection =>
      new GrpcServerConnection(clock.now(), { methods: this.#methods, wantsFlush })
    const driver: EngineConnection<GrpcServerConnection> = new EngineConnection(clock, makeEngine, () =>
      this.#connections.delete(driver),
    )
    driver.opened(connection)
    this.#connections.add(driver)
    return driver.handlers
  }

  #write(call: GrpcCall, message: Uint8Array): void {
    const deadline = this.#deadline(call)
    this.#options.replica.propose(message.slice(), deadline, outcome => {
      if (outcome.kind === 'done') return answer(call, outcome.result)
      fail(call, proposalFailure(outcome.error, this.#options.runtime.clock.now() >= deadline))
    })
  }

  #read(call: GrpcCall, message: Uint8Array): void {
    const { replica, machine } = this.#options
    const { command } = decodeRequest(message)
    replica.read(this.#deadline(call), refusal => {
      if (refusal !== null) return fail(call, readFailure(refusal))
      answer(call, machine.read(command, replica.view, replica.status().appliedIndex))
    })
  }

  #deadline(call: GrpcCall): Instant {
    const { runtime, requestTimeoutMs } = this.#options
    return Math.min(call.deadline, addMs(runtime.clock.now(), requestTimeoutMs)) as Instant
  }
}

function answer(call: GrpcCall, result: MachineAnswer): void {
  if (call.ended) return
  call.send(encodeAnswer(result))
  call.finish(GrpcStatus.ok)
}

function fail(call: GrpcCall, { status, message }: EtcdError): void {
  if (!call.ended) call.finish(status, message)
}

/** What both kinds of calls through the gateway share: what the method asks of its caller, and how the call ends. */
import { addMs, type Instant, NEVER } from '../../../core/time.ts'
import type { Clock, Timer } from '../../../runtime/clock.ts'
import type { GrpcCall } from '../../../wire/grpc/call.ts'
import { GrpcStatus } from '../../../wire/grpc/status.ts'
import { parseTimeoutMs } from '../../../wire/grpc/timeout.ts'
import type { HttpAnswer, HttpRequest } from '../../../wire/http1/http-handler.ts'
import type { Route } from './routes.ts'

export abstract class GatewayCall implements GrpcCall {
  readonly path: string
  readonly deadline: Instant
  /** Never: several users may share the connection of a proxy. */
  readonly certificateName = undefined
  readonly remote: string
  /** Connections of HTTP are not told apart: those of one address are one. */
  readonly connection: string
  onCancelled: (() => void) | null = null
  protected readonly route: Route
  protected readonly answer: HttpAnswer
  readonly #request: HttpRequest
  readonly #timer: Timer
  #ended = false

  constructor(clock: Clock, route: Route, request: HttpRequest, answer: HttpAnswer) {
    this.path = route.rpc
    this.route = route
    this.answer = answer
    this.#request = request
    this.remote = request.remote
    this.connection = request.remote
    const timeoutMs = parseTimeoutMs(request.header('grpc-timeout') ?? '')
    this.deadline = timeoutMs === undefined ? NEVER : addMs(clock.now(), timeoutMs)
    this.#timer = clock.timer(() => this.fail(GrpcStatus.deadlineExceeded, 'context deadline exceeded'))
    this.#timer.set(this.deadline)
    answer.onGone = () => this.#gone()
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Tokens come as `Authorization`, everything else that gRPC's metadata would hold behind a prefix. */
  metadata(name: string): string | undefined {
    return this.#request.header(name === 'authorization' ? name : `grpc-metadata-${name}`)
  }

  finish(status: GrpcStatus, message = ''): void {
    if (this.#ended) return
    this.#end()
    this.complete(status, message)
  }

  abstract send(message: Uint8Array): boolean

  /** The method has said all; comes once, and not to a caller that has gone. */
  protected abstract complete(status: GrpcStatus, message: string): void

  /** Ends the call without the method, which learns that nobody waits. */
  protected fail(status: GrpcStatus, message: string): void {
    this.finish(status, message)
    this.#tellCancelled()
  }

  #gone(): void {
    if (this.#ended) return
    this.#end()
    this.#tellCancelled()
  }

  #end(): void {
    this.#ended = true
    this.#timer.clear()
  }

  #tellCancelled(): void {
    const cancelled = this.onCancelled
    this.onCancelled = null
    cancelled?.()
  }
}

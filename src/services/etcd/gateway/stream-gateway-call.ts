/**
 * A call with a stream of answers: a line of JSON each, in a body that goes on. Its requests are the objects of the
 * request's body, one behind the other.
 */
import { DecodeError } from '../../../core/bytes.ts'
import { utf8Bytes } from '../../../core/utf8.ts'
import type { Clock } from '../../../runtime/clock.ts'
import { JsonMessages } from '../../../wire/etcd/json/from-json.ts'
import { messageToJson } from '../../../wire/etcd/json/to-json.ts'
import type { StreamHandlers, StreamMethod } from '../../../wire/grpc/call.ts'
import { GrpcStatus } from '../../../wire/grpc/status.ts'
import type { HttpAnswer, HttpBody, HttpRequest } from '../../../wire/http1/http-handler.ts'
import { GatewayCall } from './gateway-call.ts'
import { errorLine, httpStatus, JSON_TYPE } from './gateway-error.ts'
import type { Route } from './routes.ts'

const BEFORE = utf8Bytes('{"result":')
const BEHIND = utf8Bytes('}\n')

export class StreamGatewayCall extends GatewayCall {
  readonly #requests: JsonMessages
  #handlers: StreamHandlers | undefined
  #body: HttpBody | undefined
  #stalled = false
  #halfClosed = false

  constructor(clock: Clock, route: Route, request: HttpRequest, answer: HttpAnswer) {
    super(clock, route, request, answer)
    // The rest of it is read when the client has taken what was answered to the first.
    this.#requests = new JsonMessages(route.request, request.body.slice())
  }

  begin(method: StreamMethod): void {
    this.#handlers = method.open(this)
    this.#deliver(this.#handlers)
  }

  send(message: Uint8Array): boolean {
    if (this.ended) return false
    const body = this.#open(GrpcStatus.ok)
    body.write(BEFORE)
    body.write(messageToJson(this.route.response, message))
    this.#stalled = !body.write(BEHIND)
    return !this.#stalled
  }

  protected complete(status: GrpcStatus, message: string): void {
    const body = this.#open(status)
    if (status !== GrpcStatus.ok) body.write(errorLine(status, message))
    body.end()
  }

  #open(status: GrpcStatus): HttpBody {
    if (this.#body === undefined) {
      this.#body = this.answer.begin(httpStatus(status), JSON_TYPE)
      this.#body.onDrained = () => this.#drained()
    }
    return this.#body
  }

  #drained(): void {
    if (this.ended || this.#handlers === undefined || !this.#stalled) return
    this.#stalled = false
    this.#handlers.drained()
    this.#deliver(this.#handlers)
  }

  #deliver(handlers: StreamHandlers): void {
    try {
      while (!this.#stalled && !this.ended && !this.#halfClosed) {
        const message = this.#requests.next()
        if (message !== undefined) handlers.received(message)
        else {
          this.#halfClosed = true
          handlers.halfClosed()
        }
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.fail(GrpcStatus.invalidArgument, error.message)
    }
  }
}

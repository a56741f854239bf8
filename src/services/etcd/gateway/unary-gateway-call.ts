/** A call with one answer. A long one becomes JSON a slice at a time, and takes its part of the gateway's memory. */
import { DecodeError, EMPTY } from '../../../core/bytes.ts'
import type { Clock } from '../../../runtime/clock.ts'
import { JsonMessages } from '../../../wire/etcd/json/from-json.ts'
import { JsonWriting } from '../../../wire/etcd/json/to-json.ts'
import type { UnaryMethod } from '../../../wire/grpc/call.ts'
import { GrpcStatus } from '../../../wire/grpc/status.ts'
import type { HttpAnswer, HttpRequest } from '../../../wire/http1/http-handler.ts'
import { SHORT_RESPONSE_BYTES } from '../limits.ts'
import type { SlicedWork, Slices } from '../slices.ts'
import { GatewayCall } from './gateway-call.ts'
import { errorResponse, JSON_TYPE } from './gateway-error.ts'
import { GATEWAY_HELD_BYTES_MAX, GATEWAY_RESPONSE_BYTES_MAX } from './limits.ts'
import type { Route } from './routes.ts'

/** Bytes of long responses that are being written, all calls together. */
export interface GatewayMemory {
  heldBytes: number
}

export class UnaryGatewayCall extends GatewayCall implements SlicedWork {
  readonly #slices: Slices
  readonly #memory: GatewayMemory
  #message = EMPTY
  #writing: JsonWriting | undefined

  constructor(
    clock: Clock,
    route: Route,
    request: HttpRequest,
    answer: HttpAnswer,
    slices: Slices,
    memory: GatewayMemory,
  ) {
    super(clock, route, request, answer)
    this.#slices = slices
    this.#memory = memory
  }

  /** No body at all is an empty message. */
  begin(method: UnaryMethod, body: Uint8Array): void {
    try {
      method.handle(this, new JsonMessages(this.route.request, body).next() ?? EMPTY)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.finish(GrpcStatus.invalidArgument, error.message)
    }
  }

  send(message: Uint8Array): boolean {
    this.#message = message.slice()
    return true
  }

  protected complete(status: GrpcStatus, message: string): void {
    if (status !== GrpcStatus.ok) return this.answer.respond(errorResponse(status, message))
    const { length } = this.#message
    if (length > GATEWAY_RESPONSE_BYTES_MAX) return this.#refuse('response is larger than the gateway takes')
    this.#writing = new JsonWriting(this.route.response, this.#message)
    if (length <= SHORT_RESPONSE_BYTES) {
      while (this.#writing.step()) {}
      return this.#respond(this.#writing)
    }
    if (this.#memory.heldBytes + length > GATEWAY_HELD_BYTES_MAX || !this.#slices.add(this)) {
      return this.#refuse('too many requests')
    }
    this.#memory.heldBytes += length
  }

  advance(fields: number): boolean {
    const writing = this.#writing!
    for (let written = 0; written < fields; written++) {
      if (writing.step()) continue
      this.#memory.heldBytes -= this.#message.length
      this.#respond(writing)
      return false
    }
    return true
  }

  #refuse(why: string): void {
    this.answer.respond(errorResponse(GrpcStatus.resourceExhausted, `etcdserver: ${why}`))
  }

  #respond({ json }: JsonWriting): void {
    this.answer.respond({ status: 200, contentType: JSON_TYPE, body: json })
  }
}

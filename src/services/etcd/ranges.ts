/**
 * `KV/Range`: linearizable through the replica's read barrier, or serializable from the state as it is here.
 * What is short is answered at once; what may be long becomes work in slices.
 */
import { buggify } from '../../core/seams.ts'
import type { Instant } from '../../core/time.ts'
import { RangeCursor, range, rangeCost } from '../../machines/kv/range-cursor.ts'
import type { RangeResult } from '../../machines/kv/types.ts'
import { checkRange } from '../../machines/kv/validate.ts'
import { decode } from '../../wire/etcd/protobuf-reader.ts'
import { type RangeRequest, readRangeRequest, writeRangeResponse } from '../../wire/etcd/range.ts'
import type { GrpcCall } from '../../wire/grpc/call.ts'
import { EtcdErrors } from './errors.ts'
import { invalidError, refusalError } from './failures.ts'
import { SHORT_RANGE_ROWS, SHORT_RESPONSE_BYTES } from './limits.ts'
import { LongRange } from './long-range.ts'
import type { RequestKeeper } from './request-keeper.ts'
import type { Responder } from './responder.ts'
import { keyValuesBytesMax } from './response-size.ts'
import type { Slices } from './slices.ts'

export class Ranges {
  readonly #responder: Responder
  readonly #slices: Slices
  readonly #keeper: RequestKeeper

  constructor(responder: Responder, slices: Slices, keeper: RequestKeeper) {
    this.#responder = responder
    this.#slices = slices
    this.#keeper = keeper
  }

  handle(call: GrpcCall, message: Uint8Array): void {
    // A linearizable read, and a long one, look at the request again after this call.
    const request = decode(this.#keeper.keep(message), readRangeRequest)
    const problem = checkRange(request)
    if (problem !== undefined) return this.#responder.fail(call, invalidError(problem))
    if (!request.serializable && this.#responder.status().role === 'learner') {
      return this.#responder.fail(call, EtcdErrors.notForLearner)
    }
    const deadline = this.#responder.deadline(call)
    if (request.serializable) return this.#serve(call, request, deadline)
    this.#responder.behindBarrier(call, deadline, () => this.#serve(call, request, deadline))
  }

  #serve(call: GrpcCall, request: RangeRequest, deadline: Instant): void {
    const refusal = this.#responder.callers.refusalOfRead(call, request)
    if (refusal !== undefined) return this.#responder.fail(call, refusal)
    const { replica } = this.#responder.options
    const rowsMax = buggify('etcd: a short range is read in slices') ? 0 : SHORT_RANGE_ROWS
    if (rangeCost(replica.view, request) > rowsMax) return this.#serveLong(call, request, deadline)
    const outcome = range(replica.view, request)
    if (outcome.kind === 'refused') return this.#responder.fail(call, refusalError(outcome.reason))
    if (keyValuesBytesMax(outcome.range.kvs) > SHORT_RESPONSE_BYTES) {
      return this.#enqueue(call, new LongRange(this.#responder, call, deadline).answer(outcome.range))
    }
    this.#answer(call, outcome.range)
  }

  #serveLong(call: GrpcCall, request: RangeRequest, deadline: Instant): void {
    const pin = this.#responder.options.replica.pin()
    const cursor = new RangeCursor(pin, request)
    this.#enqueue(call, new LongRange(this.#responder, call, deadline).read(pin, cursor))
  }

  #enqueue(call: GrpcCall, work: LongRange): void {
    if (this.#slices.add(work)) return
    work.abandon()
    this.#responder.fail(call, EtcdErrors.tooManyRequests)
  }

  #answer(call: GrpcCall, result: RangeResult): void {
    const response = this.#responder.writer()
    writeRangeResponse(response, this.#responder.header(result.revision), result)
    this.#responder.succeed(call, response)
  }
}

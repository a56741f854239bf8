/** `KV/Txn`: replicated if it may write, answered from one state if it only reads (`txn-routing.ts`). */
import { assert } from '../../core/assert.ts'
import type { Instant } from '../../core/time.ts'
import { decideTxn, refusalOfTxn } from '../../machines/kv/operations.ts'
import { range, rangeCost } from '../../machines/kv/range-cursor.ts'
import { readPoint } from '../../machines/kv/read-point.ts'
import type { RangeOperation, ResponseOperation, TxnOperation } from '../../machines/kv/types.ts'
import { asChecked, checkTxn } from '../../machines/kv/validate.ts'
import type { StoreView } from '../../runtime/store.ts'
import { decode } from '../../wire/etcd/protobuf-reader.ts'
import { readTxnRequest } from '../../wire/etcd/txn-request.ts'
import { writeTxnResponse } from '../../wire/etcd/txn-response.ts'
import type { GrpcCall } from '../../wire/grpc/call.ts'
import { EtcdErrors } from './errors.ts'
import { invalidError, refusalError } from './failures.ts'
import { SHORT_RANGE_ROWS } from './limits.ts'
import { LongTxn } from './long-txn.ts'
import { costOfTxn } from './request-cost.ts'
import type { RequestKeeper } from './request-keeper.ts'
import type { Responder } from './responder.ts'
import type { Slices } from './slices.ts'
import { routeOf } from './txn-routing.ts'
import type { Writes } from './writes.ts'

export class Txns {
  readonly #responder: Responder
  readonly #slices: Slices
  readonly #keeper: RequestKeeper
  readonly #writes: Writes

  constructor(responder: Responder, slices: Slices, keeper: RequestKeeper, writes: Writes) {
    this.#responder = responder
    this.#slices = slices
    this.#keeper = keeper
    this.#writes = writes
  }

  handle(call: GrpcCall, message: Uint8Array): void {
    const request = decode(message, readTxnRequest)
    const costBytes = costOfTxn(request)
    if (costBytes > 0 && this.#writes.refuses(costBytes))
      return this.#responder.fail(call, EtcdErrors.noSpace)
    const problem = checkTxn(request, this.#responder.txnOperationsMax)
    if (problem !== undefined) return this.#responder.fail(call, invalidError(problem))
    const route = routeOf(request)
    if (route === 'replicated') {
      return this.#writes.propose(call, message, { kind: 'txn', txn: asChecked(request) })
    }
    const deadline = this.#responder.deadline(call)
    // What is read after a barrier, or in slices, outlives the bytes that it was decoded from.
    const kept = asChecked(decode(this.#keeper.keep(message), readTxnRequest))
    if (route === 'serializable') return this.#serve(call, kept, deadline)
    this.#responder.behindBarrier(call, deadline, () => this.#serve(call, kept, deadline))
  }

  /** Conditions, checks and ranges all see the same state. */
  #serve(call: GrpcCall, txn: TxnOperation, deadline: Instant): void {
    const denied = this.#responder.callers.refusalOfTxn(call, txn)
    if (denied !== undefined) return this.#responder.fail(call, denied)
    const { view } = this.#responder.options.replica
    const at = readPoint(view)
    const decided = decideTxn(at, txn)
    const refusal = refusalOfTxn(at, decided)
    if (refusal !== undefined) return this.#responder.fail(call, refusalError(refusal))
    const taken = decided.succeeded ? txn.success : txn.failure
    const ranges = taken.flatMap(operation => (operation.kind === 'range' ? [operation.range] : []))
    if (costOf(view, ranges) > SHORT_RANGE_ROWS) {
      return this.#serveLong(call, deadline, decided.succeeded, ranges)
    }
    const responses = ranges.map((operation): ResponseOperation => {
      const outcome = range(view, operation, at)
      assert(outcome.kind === 'range', 'the ranges of a transaction were checked before')
      return outcome
    })
    const response = this.#responder.writer()
    const outcome = { revision: at.current, succeeded: decided.succeeded, responses }
    writeTxnResponse(response, this.#responder.header(at.current), outcome)
    this.#responder.succeed(call, response)
  }

  #serveLong(call: GrpcCall, deadline: Instant, succeeded: boolean, ranges: readonly RangeOperation[]): void {
    const pin = this.#responder.options.replica.pin()
    const work = new LongTxn(this.#responder, call, deadline, pin, succeeded, ranges)
    if (this.#slices.add(work)) return
    work.abandon()
    this.#responder.fail(call, EtcdErrors.tooManyRequests)
  }
}

function costOf(view: StoreView, ranges: readonly RangeOperation[]): number {
  let rows = 0
  for (const operation of ranges) rows += rangeCost(view, operation)
  return rows
}

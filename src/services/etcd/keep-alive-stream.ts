/** One stream of `Lease/LeaseKeepAlive`: any number of leases, each request answered, in the order of requests. */
import { readLeaseIdRequest, writeLeasePromiseResponse } from '../../wire/etcd/lease.ts'
import { decode } from '../../wire/etcd/protobuf-reader.ts'
import type { GrpcCall, StreamHandlers } from '../../wire/grpc/call.ts'
import { GrpcStatus } from '../../wire/grpc/status.ts'
import { EtcdErrors } from './errors.ts'
import { STREAM_RENEWALS_MAX } from './limits.ts'
import type { RenewalOutcome, Renewals } from './renewals.ts'
import type { Responder } from './responder.ts'

interface Request {
  readonly id: bigint
  outcome: RenewalOutcome | undefined
}

export class KeepAliveStream implements StreamHandlers {
  readonly #responder: Responder
  readonly #renewals: Renewals
  readonly #call: GrpcCall
  /** In their order; those in front are answered first. */
  readonly #requests: Request[] = []
  #halfClosed = false
  #stalled = false

  constructor(responder: Responder, renewals: Renewals, call: GrpcCall) {
    this.#responder = responder
    this.#renewals = renewals
    this.#call = call
    call.onCancelled = () => responder.dropped(call)
  }

  received(message: Uint8Array): void {
    const { id } = decode(message, readLeaseIdRequest)
    if (this.#requests.length >= STREAM_RENEWALS_MAX) {
      return this.#responder.fail(this.#call, EtcdErrors.tooManyRequests)
    }
    const denied = this.#responder.callers.refusalOfLease(this.#call, id)
    if (denied !== undefined) return this.#responder.fail(this.#call, denied)
    const request: Request = { id, outcome: undefined }
    this.#requests.push(request)
    this.#renewals.add(id, this.#responder.deadline(this.#call), outcome => {
      request.outcome = outcome
      this.#answer()
    })
  }

  halfClosed(): void {
    this.#halfClosed = true
    this.#answer()
  }

  drained(): void {
    this.#stalled = false
    this.#answer()
  }

  #answer(): void {
    let answered = 0
    for (const { id, outcome } of this.#requests) {
      if (outcome === undefined || this.#stalled || this.#call.ended) break
      answered++
      if (outcome.kind === 'failed') this.#responder.fail(this.#call, outcome.error)
      else this.#send(id, outcome)
    }
    this.#requests.splice(0, answered)
    const isOver = this.#halfClosed && this.#requests.length === 0
    if (isOver && !this.#call.ended) this.#responder.finish(this.#call, GrpcStatus.ok)
  }

  #send(id: bigint, { revision, ttlSeconds }: RenewalOutcome & { kind: 'renewed' }): void {
    const response = this.#responder.writer()
    writeLeasePromiseResponse(response, this.#responder.header(revision), { id, ttlSeconds })
    this.#stalled = !this.#call.send(response.written())
  }
}

/**
 * The Lease service but for its stream: grants and revocations are proposed as commands; how long a lease lives and
 * which there are is read behind a barrier, so that any member tells the truth. (etcd asks its leader for the former,
 * and tells the latter from what it has.)
 */
import { ByteReader } from '../../core/bytes.ts'
import { NO_LEASE } from '../../machines/kv/leases.ts'
import { LEASE_TTL_SECONDS_MAX } from '../../machines/kv/limits.ts'
import type { KvResult } from '../../machines/kv/types.ts'
import type { LeaseGrantRequest } from '../../wire/etcd/lease.ts'
import { readLeaseGrantRequest, readLeaseIdRequest } from '../../wire/etcd/lease.ts'
import { readLeaseTimeToLiveRequest } from '../../wire/etcd/lease-status.ts'
import { readEmpty } from '../../wire/etcd/maintenance.ts'
import { decode } from '../../wire/etcd/protobuf-reader.ts'
import type { GrpcCall } from '../../wire/grpc/call.ts'
import { type EtcdError, EtcdErrors } from './errors.ts'
import { LEASE_COST_BYTES, LEASE_TTL_SECONDS_MIN, SHORT_RANGE_ROWS } from './limits.ts'
import { type LeaseQuestion, LongLeaseList } from './long-lease-list.ts'
import type { Responder } from './responder.ts'
import type { Slices } from './slices.ts'
import type { Writes } from './writes.ts'

/** Ids that a server chooses are positive, as etcd's are. */
const ID_MASK = 2n ** 63n - 1n

export class Leases {
  readonly #responder: Responder
  readonly #slices: Slices
  readonly #writes: Writes

  constructor(responder: Responder, slices: Slices, writes: Writes) {
    this.#responder = responder
    this.#slices = slices
    this.#writes = writes
  }

  grant(call: GrpcCall, message: Uint8Array): void {
    if (this.#writes.refuses(LEASE_COST_BYTES)) return this.#responder.fail(call, EtcdErrors.noSpace)
    const request = decode(message, readLeaseGrantRequest)
    if (request.ttlSeconds > LEASE_TTL_SECONDS_MAX) {
      return this.#responder.fail(call, EtcdErrors.leaseTtlTooLarge)
    }
    this.#propose(call, message, request)
  }

  revoke(call: GrpcCall, message: Uint8Array): void {
    const { id } = decode(message, readLeaseIdRequest)
    this.#writes.propose(call, message, { kind: 'leaseRevoke', leaseRevoke: { id } })
  }

  timeToLive(call: GrpcCall, message: Uint8Array): void {
    const { id, keys } = decode(message, readLeaseTimeToLiveRequest)
    this.#ask(call, { kind: 'timeToLive', id, keys })
  }

  list(call: GrpcCall, message: Uint8Array): void {
    decode(message, readEmpty)
    this.#ask(call, { kind: 'leases' })
  }

  #propose(call: GrpcCall, message: Uint8Array, request: LeaseGrantRequest): void {
    const { leaseTtlSecondsMin = LEASE_TTL_SECONDS_MIN } = this.#responder.options
    const isOurChoice = request.id === NO_LEASE
    const id = isOurChoice ? this.#newId() : request.id
    const ttlSeconds = Math.max(request.ttlSeconds, leaseTtlSecondsMin)
    const answer = (result: KvResult): void => {
      const isTaken = result.kind === 'refused' && result.reason === 'leaseExists'
      if (isTaken && isOurChoice) this.#propose(call, message, request)
      else this.#writes.answer(call, result)
    }
    this.#writes.propose(call, message, { kind: 'leaseGrant', leaseGrant: { id, ttlSeconds } }, answer)
  }

  #newId(): bigint {
    const id = new ByteReader(this.#responder.options.entropy(8)).u64big() & ID_MASK
    return id === NO_LEASE ? 1n : id
  }

  #ask(call: GrpcCall, question: LeaseQuestion): void {
    const deadline = this.#responder.deadline(call)
    this.#responder.behindBarrier(call, deadline, () => {
      const denied = this.#refusalOf(call, question)
      if (denied !== undefined) return this.#responder.fail(call, denied)
      const list = new LongLeaseList(this.#responder, call, deadline, question)
      // What is short is answered at once.
      if (!list.advance(SHORT_RANGE_ROWS) || this.#slices.add(list)) return
      list.abandon()
      this.#responder.fail(call, EtcdErrors.tooManyRequests)
    })
  }

  /** How long a lease lives is no secret; which keys go with it is. */
  #refusalOf(call: GrpcCall, question: LeaseQuestion): EtcdError | undefined {
    if (question.kind === 'leases' || !question.keys) return undefined
    return this.#responder.callers.refusalOfLeaseKeys(call, question.id)
  }
}

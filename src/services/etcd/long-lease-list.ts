/**
 * How long a lease lives with all keys that go with it, or all leases that there are: however many, read from a pin a
 * slice at a time and answered in one message.
 */
import type { Instant } from '../../core/time.ts'
import { AttachedCursor, LeaseCursor, leaseOf } from '../../machines/kv/leases.ts'
import { currentRevision } from '../../machines/kv/revisions.ts'
import type { StorePin } from '../../runtime/store.ts'
import type { ResponseHeaderParts } from '../../wire/etcd/header.ts'
import {
  type LeaseTimeToLive,
  writeLeaseLeasesResponse,
  writeLeaseTimeToLiveResponse,
} from '../../wire/etcd/lease-status.ts'
import type { ProtobufWriter } from '../../wire/etcd/protobuf-writer.ts'
import type { GrpcCall } from '../../wire/grpc/call.ts'
import { LEASE_LIST_BYTES_MAX, LEASE_LIST_ELEMENT_BYTES } from './limits.ts'
import type { Responder } from './responder.ts'
import type { SlicedWork } from './slices.ts'

export type LeaseQuestion =
  | { readonly kind: 'timeToLive'; readonly id: bigint; readonly keys: boolean }
  | { readonly kind: 'leases' }

export class LongLeaseList implements SlicedWork {
  readonly #responder: Responder
  readonly #call: GrpcCall
  readonly #deadline: Instant
  readonly #pin: StorePin
  readonly #list: LeaseList
  #bytes = 0

  constructor(responder: Responder, call: GrpcCall, deadline: Instant, question: LeaseQuestion) {
    const { replica } = responder.options
    this.#responder = responder
    this.#call = call
    this.#deadline = deadline
    this.#pin = replica.pin()
    this.#list =
      question.kind === 'leases'
        ? new AllLeases(this.#pin)
        : new OneLease(this.#pin, question, replica.clusterTime())
  }

  advance(rows: number): boolean {
    if (this.#responder.gaveUp(this.#call, this.#deadline)) return this.abandon()
    for (; rows > 0; rows--) {
      const bytes = this.#list.step()
      if (bytes === undefined) return this.#finish()
      this.#bytes += bytes + LEASE_LIST_ELEMENT_BYTES
      if (this.#bytes <= LEASE_LIST_BYTES_MAX) continue
      this.#responder.failTooLarge(this.#call, this.#bytes)
      return this.abandon()
    }
    return true
  }

  /** Gives back what it holds. Returns false, for `advance` to say that nothing is left. */
  abandon(): false {
    this.#pin.release()
    return false
  }

  #finish(): boolean {
    const response = this.#responder.writer()
    this.#list.write(response, this.#responder.header(currentRevision(this.#pin)))
    this.#responder.succeed(this.#call, response)
    return this.abandon()
  }
}

interface LeaseList {
  /** Takes one more element, and says how long it is; undefined at the end. */
  step(): number | undefined
  write(to: ProtobufWriter, header: ResponseHeaderParts): void
}

class AllLeases implements LeaseList {
  readonly #cursor: LeaseCursor
  readonly #ids: bigint[] = []

  constructor(pin: StorePin) {
    this.#cursor = new LeaseCursor(pin)
  }

  step(): number | undefined {
    if (!this.#cursor.next()) return undefined
    this.#ids.push(this.#cursor.id)
    return 0
  }

  write(to: ProtobufWriter, header: ResponseHeaderParts): void {
    writeLeaseLeasesResponse(to, header, this.#ids)
  }
}

class OneLease implements LeaseList {
  readonly #lease: LeaseTimeToLive
  readonly #cursor: AttachedCursor | undefined
  readonly #keys: Uint8Array[] = []

  constructor(pin: StorePin, { id, keys }: LeaseQuestion & { kind: 'timeToLive' }, now: number) {
    const lease = leaseOf(pin, id)
    this.#cursor = keys ? new AttachedCursor(pin, id) : undefined
    if (lease === undefined) {
      this.#lease = { id, ttlSeconds: -1, grantedTtlSeconds: 0 }
    } else {
      const { ttlSeconds, overAt } = lease
      // A lease that is overdue has nothing left, and a member that lags may see more than was granted.
      const left = Math.min(Math.max(Math.floor((overAt - now) / 1000), 0), ttlSeconds)
      this.#lease = { id, ttlSeconds: left, grantedTtlSeconds: ttlSeconds }
    }
  }

  step(): number | undefined {
    const key = this.#cursor?.next()
    if (key === undefined) return undefined
    this.#keys.push(key)
    return key.length
  }

  write(to: ProtobufWriter, header: ResponseHeaderParts): void {
    writeLeaseTimeToLiveResponse(to, header, this.#lease, this.#keys)
  }
}

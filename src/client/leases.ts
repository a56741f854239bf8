/** Leases of the cluster: `client.leases` asks what the API offers, `client.lease` holds one. */
import { EMPTY } from '../core/bytes.ts'
import { type HeaderResponse, readHeaderResponse } from '../wire/etcd/header.ts'
import {
  type LeasePromiseResponse,
  readLeasePromiseResponse,
  writeLeaseGrantRequest,
  writeLeaseIdRequest,
} from '../wire/etcd/lease.ts'
import {
  type LeaseLeasesResponse,
  type LeaseTimeToLiveResponse,
  readLeaseLeasesResponse,
  readLeaseTimeToLiveResponse,
  writeLeaseTimeToLiveRequest,
} from '../wire/etcd/lease-status.ts'
import { encode } from '../wire/etcd/protobuf-writer.ts'
import { GrpcStatus } from '../wire/grpc/status.ts'
import { ClientError } from './errors.ts'
import type { Failover, RequestOptions } from './failover.ts'
import { KeepAlives } from './keep-alives.ts'
import { Lease } from './lease.ts'
import { ATTEMPT_TIMEOUT_MS } from './limits.ts'
import type { Requests } from './requests.ts'

export interface GrantOptions extends RequestOptions {
  /** Any number but 0 that is free. Default: the cluster chooses. */
  readonly id?: bigint
}

export class Leases {
  readonly #failover: Failover
  readonly #requests: Requests
  readonly #keepAlives: KeepAlives

  constructor(failover: Failover, requests: Requests) {
    this.#failover = failover
    this.#requests = requests
    this.#keepAlives = new KeepAlives(failover)
  }

  /**
   * A lease for at least two seconds, and for `ttlSeconds` if that is more. Whose id the cluster chooses is asked for
   * again if nobody knows whether it was granted: one too many ends by itself.
   */
  grant(ttlSeconds: number, options: GrantOptions = {}): Promise<LeasePromiseResponse> {
    const { id = 0n, ...request } = options
    const message = encode({ ttlSeconds, id }, writeLeaseGrantRequest)
    const idempotent = request.idempotent ?? id === 0n
    return this.#requests.ask('Lease/LeaseGrant', message, readLeasePromiseResponse, {
      ...request,
      idempotent,
    })
  }

  /** Ends a lease, and deletes every key that goes with it. */
  revoke(id: bigint, options: RequestOptions = {}): Promise<HeaderResponse> {
    const message = encode({ id }, writeLeaseIdRequest)
    return this.#requests.ask('Lease/LeaseRevoke', message, readHeaderResponse, options)
  }

  /** One keep-alive: for how many seconds the lease is granted again, or 0 if there is none. */
  keepAliveOnce(id: bigint, options: RequestOptions = {}): Promise<number> {
    return this.#keepAlives.renew(id, options.timeoutMs ?? ATTEMPT_TIMEOUT_MS)
  }

  /** What is left of a lease, and with `keys` what goes with it; -1 seconds if there is none. */
  timeToLive(
    id: bigint,
    options: RequestOptions & { readonly keys?: boolean } = {},
  ): Promise<LeaseTimeToLiveResponse> {
    const { keys = false, ...request } = options
    const message = encode({ id, keys }, writeLeaseTimeToLiveRequest)
    return this.#requests.ask('Lease/LeaseTimeToLive', message, readLeaseTimeToLiveResponse, {
      ...request,
      isRead: true,
    })
  }

  /** The ids of all leases, the one that is over first coming first. */
  list(options: RequestOptions = {}): Promise<LeaseLeasesResponse> {
    return this.#requests.ask('Lease/LeaseLeases', EMPTY, readLeaseLeasesResponse, {
      ...options,
      isRead: true,
    })
  }

  /** A lease that keeps itself alive. */
  async hold(ttlSeconds: number, options: GrantOptions = {}): Promise<Lease> {
    const askedAt = this.#failover.clock.now()
    const { id, ttlSeconds: granted } = await this.grant(ttlSeconds, options)
    return this.keep(id, granted, askedAt)
  }

  /** Keeps alive a lease that somebody granted. */
  keep(id: bigint, ttlSeconds: number, askedAt = this.#failover.clock.now()): Lease {
    return new Lease(this.#failover, this.#keepAlives, { id, ttlSeconds, askedAt }, () =>
      this.#revokeIfThere(id),
    )
  }

  /** That it is gone already is just as well. */
  async #revokeIfThere(id: bigint): Promise<void> {
    try {
      await this.revoke(id, { idempotent: true })
    } catch (error) {
      const isGone = error instanceof ClientError && error.status === GrpcStatus.notFound
      if (!isGone) throw error
    }
  }
}

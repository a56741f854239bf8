/**
 * The client: etcd's key-value API over any of a cluster's nodes. Requests fail over between nodes, and each
 * comes out in one of three ways: it returns (done), it throws an error with outcome `refused` (surely not
 * done), or one with outcome `unknown` (see `errors.ts`).
 */
import { EMPTY, prefixEnd } from '../core/bytes.ts'
import { utf8Bytes } from '../core/utf8.ts'
import {
  type MemberListResponse,
  readMemberListResponse,
  writeMemberListRequest,
} from '../wire/etcd/cluster.ts'
import { writeCompactionRequest } from '../wire/etcd/compaction.ts'
import {
  type DeleteRangeResponse,
  readDeleteRangeResponse,
  writeDeleteRangeRequest,
} from '../wire/etcd/delete-range.ts'
import { type HeaderResponse, readHeaderResponse } from '../wire/etcd/header.ts'
import type { KeyValue } from '../wire/etcd/key-value.ts'
import { readStatusResponse, type StatusResponse } from '../wire/etcd/maintenance.ts'
import { decode } from '../wire/etcd/protobuf-reader.ts'
import { encode } from '../wire/etcd/protobuf-writer.ts'
import {
  PUT_DEFAULTS,
  type PutRequest,
  type PutResponse,
  readPutResponse,
  writePutRequest,
} from '../wire/etcd/put.ts'
import {
  RANGE_DEFAULTS,
  type RangeRequest,
  type RangeResponse,
  readRangeResponse,
  writeRangeRequest,
} from '../wire/etcd/range.ts'
import { readSnapshotResponse, type SnapshotPiece } from '../wire/etcd/snapshot.ts'
import { type TxnRequest, writeTxnRequest } from '../wire/etcd/txn-request.ts'
import { readTxnResponse, type TxnResponse } from '../wire/etcd/txn-response.ts'
import { GrpcStatus } from '../wire/grpc/status.ts'
import { AuthClient } from './auth-client.ts'
import { ClusterClient } from './cluster-client.ts'
import { contendersFor } from './contender.ts'
import { type Decision, decide } from './decide.ts'
import { ClientError, ClientErrors } from './errors.ts'
import type { Failover, RequestOptions } from './failover.ts'
import type { Lease } from './lease.ts'
import { type GrantOptions, Leases } from './leases.ts'
import { type Holding, type HoldOptions, hold, observe } from './lock.ts'
import { MaintenanceClient } from './maintenance-client.ts'
import { Requests } from './requests.ts'
import { Watch, type WatchOptions } from './watch.ts'

/** Keys and values: bytes, or text as UTF-8. */
export type BytesLike = Uint8Array | string

export type { KeyValue, RequestOptions }

export interface PutOptions extends RequestOptions {
  readonly lease?: bigint
  /** Also return what was there before. */
  readonly prevKv?: boolean
}

export interface GetOptions extends RequestOptions {
  /** At this revision instead of the newest. */
  readonly revision?: number
  /** Read the state of whichever node answers, possibly old, without asking a quorum. */
  readonly serializable?: boolean
}

/** Everything of etcd's RangeRequest but the key. */
export type RangeOptions = RequestOptions & Partial<Omit<RangeRequest, 'key' | 'rangeEnd'>>

export interface DeleteOptions extends RequestOptions {
  readonly prevKv?: boolean
}

/** From `from` (included) to `to` (excluded); without `to`, to the end of all keys. */
export interface KeySpan {
  readonly from: BytesLike
  readonly to?: BytesLike
}

const TO_THE_END = new Uint8Array([0])

/** All keys that begin with a prefix; with the empty one, all keys. */
export function prefixSpan(prefix: BytesLike): KeySpan {
  const from = toBytes(prefix)
  const to = prefixEnd(from)
  return to.length === 0 ? { from: from.length === 0 ? TO_THE_END : from } : { from, to }
}

export class Client {
  /** Grants, revocations and what is known of leases. */
  readonly leases: Leases
  readonly #failover: Failover
  readonly #requests: Requests

  constructor(failover: Failover) {
    this.#failover = failover
    this.#requests = new Requests(failover)
    this.leases = new Leases(failover, this.#requests)
  }

  /** Writes a key. Not repeated if its outcome is unknown, unless `idempotent` says that this does no harm. */
  put(key: BytesLike, value: BytesLike, options: PutOptions = {}): Promise<PutResponse> {
    const request: PutRequest = {
      ...PUT_DEFAULTS,
      key: toBytes(key),
      value: toBytes(value),
      lease: options.lease ?? 0n,
      prevKv: options.prevKv ?? false,
    }
    return this.#requests.ask('KV/Put', encode(request, writePutRequest), readPutResponse, options)
  }

  /** One key, or undefined if there is none. */
  async get(key: BytesLike, options: GetOptions = {}): Promise<KeyValue | undefined> {
    const { kvs } = await this.#range(toBytes(key), EMPTY, options)
    return kvs[0]
  }

  /** Many keys, in order unless sorted otherwise. The whole answer is held in memory: use `limit`, or `pages`. */
  range(span: KeySpan, options: RangeOptions = {}): Promise<RangeResponse> {
    return this.#range(toBytes(span.from), endOf(span), options)
  }

  /** Many keys at one revision, page by page, so that memory stays bounded however many there are. */
  async *pages(span: KeySpan, pageKeys = 1_000, options: GetOptions = {}): AsyncGenerator<RangeResponse> {
    let from = toBytes(span.from)
    let revision = options.revision ?? 0
    for (;;) {
      const page = await this.#range(from, endOf(span), { ...options, revision, limit: pageKeys })
      yield page
      const last = page.kvs.at(-1)
      if (!page.more || last === undefined) return
      if (revision === 0) revision = page.header.revision
      from = after(last.key)
    }
  }

  /** Deletes one key, or all of a span. */
  delete(which: BytesLike | KeySpan, options: DeleteOptions = {}): Promise<DeleteRangeResponse> {
    const span = isBytesLike(which) ? undefined : which
    const request = {
      key: toBytes(span?.from ?? (which as BytesLike)),
      rangeEnd: span === undefined ? EMPTY : endOf(span),
      prevKv: options.prevKv ?? false,
    }
    return this.#requests.ask(
      'KV/DeleteRange',
      encode(request, writeDeleteRangeRequest),
      readDeleteRangeResponse,
      options,
    )
  }

  /** If all comparisons hold, the operations of `success`, else those of `failure`, as one step. */
  txn(request: TxnRequest, options: RequestOptions = {}): Promise<TxnResponse> {
    return this.#requests.ask('KV/Txn', encode(request, writeTxnRequest), readTxnResponse, options)
  }

  /**
   * Settles a key once and for all: the answer is what was decided, by this call or by whichever came first, and it is
   * the same for everybody and for ever, as long as nobody writes or deletes the key by other means. Repeated calls are
   * safe, also when the outcome of one is unknown.
   */
  decide(
    key: BytesLike,
    value: BytesLike,
    options: Omit<RequestOptions, 'idempotent'> = {},
  ): Promise<Decision> {
    return decide(this, toBytes(key), toBytes(value), options)
  }

  /** Forgets history before `revision`. `physical`: returns once it is gone from the store. */
  compact(
    revision: number,
    options: RequestOptions & { readonly physical?: boolean } = {},
  ): Promise<HeaderResponse> {
    const request = { revision, physical: options.physical ?? false }
    return this.#requests.ask(
      'KV/Compact',
      encode(request, writeCompactionRequest),
      readHeaderResponse,
      options,
    )
  }

  /**
   * A lease of so many seconds that keeps itself alive for as long as this process does; keys that are put with its id
   * go with it. Its `signal` tells when it is lost.
   */
  lease(ttlSeconds: number, options: GrantOptions = {}): Promise<Lease> {
    return this.leases.hold(ttlSeconds, options)
  }

  /**
   * What happens to a key, or to all of a span, from now on or from a revision on: `for await (const { events } of
   * client.watch('key'))`. It goes on over failures of nodes, and ends when the loop is left or it is closed. Throws
   * `CompactedError` when it comes too late.
   */
  watch(which: BytesLike | KeySpan, options: WatchOptions = {}): Watch {
    const span = isBytesLike(which) ? undefined : which
    const key = toBytes(span?.from ?? (which as BytesLike))
    return new Watch(this.#failover, key, span === undefined ? EMPTY : endOf(span), options)
  }

  /**
   * Waits until it holds the lock, together with whoever locks `name` by etcd's recipe. What is written under it should
   * compare its `guard`.
   */
  lock(name: BytesLike, options: HoldOptions = {}): Promise<Holding> {
    return hold(this, name, EMPTY, options)
  }

  /** Waits until it is elected, and says `value` as long as it is. */
  elect(name: BytesLike, value: BytesLike, options: HoldOptions = {}): Promise<Holding> {
    return hold(this, name, value, options)
  }

  /** Who is elected, each time when that changes, or when whoever is says something else. */
  observe(name: BytesLike, signal?: AbortSignal): AsyncGenerator<KeyValue, void, undefined> {
    return observe(this, name, signal)
  }

  /** Who has the lock or is elected, and then who waits for it, in their order; by key. */
  contenders(name: BytesLike): Promise<readonly KeyValue[]> {
    return contendersFor(this, name)
  }

  /** What the node that answers says of itself. */
  status(options: RequestOptions = {}): Promise<StatusResponse> {
    return this.#requests.ask('Maintenance/Status', EMPTY, readStatusResponse, { ...options, isRead: true })
  }

  /**
   * The state of the node that answers as a file, piece by piece; `quorate snapshot status` checks it. Throws if it
   * breaks off: what came is of no use then.
   */
  async *snapshot(options: RequestOptions = {}): AsyncGenerator<SnapshotPiece> {
    const { stream } = await this.#failover.stream('/etcdserverpb.Maintenance/Snapshot', options)
    try {
      stream.send(EMPTY)
      stream.halfClose()
      for (let message = await stream.next(); message !== null; message = await stream.next()) {
        yield decode(message, readSnapshotResponse)
      }
      const { outcome, status, message } = await stream.ended
      if (outcome === 'done' && status === GrpcStatus.ok) return
      throw new ClientError(ClientErrors.rejected, `the snapshot broke off: ${message}`, 'refused')
    } finally {
      stream.cancel()
    }
  }

  members(options: RequestOptions = {}): Promise<MemberListResponse> {
    const message = encode({ linearizable: true }, writeMemberListRequest)
    return this.#requests.ask('Cluster/MemberList', message, readMemberListResponse, {
      ...options,
      isRead: true,
    })
  }

  /** Changes who the members are. */
  get cluster(): ClusterClient {
    return new ClusterClient(this.#requests)
  }

  /** Alarms, and the files and hashes of nodes. */
  get maintenance(): MaintenanceClient {
    return new MaintenanceClient(this.#requests)
  }

  /** Users, roles and permissions. */
  get auth(): AuthClient {
    return new AuthClient(this.#requests)
  }

  /** Closes all connections; what is waiting fails. */
  close(): void {
    this.#failover.close()
  }

  #range(key: Uint8Array, rangeEnd: Uint8Array, options: RangeOptions): Promise<RangeResponse> {
    const { timeoutMs, idempotent: _, ...fields } = options
    const request: RangeRequest = { ...RANGE_DEFAULTS, ...fields, key, rangeEnd }
    const timeout = timeoutMs === undefined ? {} : { timeoutMs }
    return this.#requests.ask('KV/Range', encode(request, writeRangeRequest), readRangeResponse, {
      ...timeout,
      isRead: true,
    })
  }
}

function toBytes(value: BytesLike): Uint8Array {
  return typeof value === 'string' ? utf8Bytes(value) : value
}

function isBytesLike(value: BytesLike | KeySpan): value is BytesLike {
  return typeof value === 'string' || value instanceof Uint8Array
}

/** A span as requests of the API spell it. */
export function keysOf(span: KeySpan): { readonly key: Uint8Array; readonly rangeEnd: Uint8Array } {
  return { key: toBytes(span.from), rangeEnd: endOf(span) }
}

function endOf(span: KeySpan): Uint8Array {
  return span.to === undefined ? TO_THE_END : toBytes(span.to)
}

/** The first key behind `key`. */
function after(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1)
  next.set(key)
  return next
}

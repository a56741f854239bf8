/**
 * The API as a service uses it that stands in it: locks and elections are nothing but transactions, ranges and watches,
 * asked on behalf of whoever called. Each goes through the door that everybody's requests go through, with the caller's
 * metadata, so that who may do what, and how much, is decided there and only there.
 */
import { assert } from '../../../core/assert.ts'
import { EMPTY } from '../../../core/bytes.ts'
import { type Instant, NEVER } from '../../../core/time.ts'
import { readDeleteRangeResponse, writeDeleteRangeRequest } from '../../../wire/etcd/delete-range.ts'
import { readHeaderResponse } from '../../../wire/etcd/header.ts'
import {
  readLeasePromiseResponse,
  writeLeaseGrantRequest,
  writeLeaseIdRequest,
} from '../../../wire/etcd/lease.ts'
import { decode, type ProtobufReader } from '../../../wire/etcd/protobuf-reader.ts'
import { encode } from '../../../wire/etcd/protobuf-writer.ts'
import { type RangeRequest, readRangeResponse, writeRangeRequest } from '../../../wire/etcd/range.ts'
import { type TxnRequest, writeTxnRequest } from '../../../wire/etcd/txn-request.ts'
import { readTxnResponse, type TxnResponse } from '../../../wire/etcd/txn-response.ts'
import {
  WATCH_CREATE_DEFAULTS,
  type WatchCreateRequest,
  writeWatchRequest,
} from '../../../wire/etcd/watch-request.ts'
import { readWatchResponse, type WatchResponse } from '../../../wire/etcd/watch-response.ts'
import type { GrpcCall, GrpcMethods } from '../../../wire/grpc/call.ts'
import { GrpcStatus } from '../../../wire/grpc/status.ts'
import { EtcdErrors } from '../errors.ts'
import { EtcdPaths } from '../method-paths.ts'

/** Why a request was not answered. */
export interface Failure {
  readonly status: GrpcStatus
  readonly message: string
}

/** The cluster is electing a leader, say: whoever waits for more than an answer looks again. */
export function isPassing({ status, message }: Failure): boolean {
  return status === GrpcStatus.unavailable && message !== EtcdErrors.serverStopped.message
}

type Told<Response> = (...outcome: [Response, undefined] | [undefined, Failure]) => void

/** A watch that goes on until it is cancelled here, or ended there. */
export interface InnerWatch {
  cancel(): void
  /** There is room again, after `told` had said that there is none. */
  drained(): void
}

export interface WatchListener {
  /** False: enough for now; `drained` then says when there is room. */
  told(response: WatchResponse): boolean
  ended(failure: Failure): void
}

export class InnerApi {
  readonly #methods: GrpcMethods

  constructor(methods: GrpcMethods) {
    this.#methods = methods
  }

  txn(caller: GrpcCall, request: TxnRequest, told: Told<TxnResponse>): void {
    this.#ask(caller, EtcdPaths.txn, encode(request, writeTxnRequest), readTxnResponse, told)
  }

  range(caller: GrpcCall, request: RangeRequest, told: Told<ReturnType<typeof readRangeResponse>>): void {
    this.#ask(caller, EtcdPaths.range, encode(request, writeRangeRequest), readRangeResponse, told)
  }

  delete(caller: GrpcCall, key: Uint8Array, told: Told<ReturnType<typeof readDeleteRangeResponse>>): void {
    const message = encode({ key, rangeEnd: EMPTY, prevKv: false }, writeDeleteRangeRequest)
    this.#ask(caller, EtcdPaths.deleteRange, message, readDeleteRangeResponse, told)
  }

  /** A lease of the server's choice. */
  grant(caller: GrpcCall, ttlSeconds: number, told: Told<ReturnType<typeof readLeasePromiseResponse>>): void {
    const message = encode({ id: 0n, ttlSeconds }, writeLeaseGrantRequest)
    this.#ask(caller, EtcdPaths.leaseGrant, message, readLeasePromiseResponse, told)
  }

  revoke(caller: GrpcCall, id: bigint): void {
    const message = encode({ id }, writeLeaseIdRequest)
    this.#ask(caller, EtcdPaths.leaseRevoke, message, readHeaderResponse, () => {})
  }

  watch(
    caller: GrpcCall,
    creates: readonly Partial<WatchCreateRequest>[],
    listener: WatchListener,
  ): InnerWatch {
    const method = this.#methods.get(EtcdPaths.watch)
    assert(method?.kind === 'stream', 'watches are served wherever locks and elections are')
    const call = new InnerCall(
      EtcdPaths.watch,
      caller,
      message => listener.told(decode(message.slice(), readWatchResponse)),
      failure => listener.ended(failure),
    )
    const handlers = method.open(call)
    for (const create of creates) {
      const request = { kind: 'create', create: { ...WATCH_CREATE_DEFAULTS, ...create } } as const
      if (!call.ended) handlers.received(encode(request, writeWatchRequest))
    }
    return { cancel: () => call.cancel(), drained: () => handlers.drained() }
  }

  #ask<Response>(
    caller: GrpcCall,
    path: string,
    message: Uint8Array,
    read: (from: ProtobufReader) => Response,
    told: Told<Response>,
  ): void {
    const method = this.#methods.get(path)
    assert(method?.kind === 'unary', 'what locks and elections are made of is served wherever they are')
    let response: Response | undefined
    const call = new InnerCall(
      path,
      caller,
      bytes => {
        // What is read are views of bytes that are written over when this returns, or the next answer is begun.
        response = decode(bytes.slice(), read)
        return true
      },
      failure => {
        if (failure.status === GrpcStatus.ok && response !== undefined) told(response, undefined)
        else told(undefined, failure)
      },
    )
    method.handle(call, message)
  }
}

/** A call within the server. Its time is the service's, because what it began may have to be taken back later. */
class InnerCall implements GrpcCall {
  readonly path: string
  readonly deadline: Instant = NEVER
  onCancelled: (() => void) | null = null
  readonly #caller: GrpcCall
  readonly #received: (message: Uint8Array) => boolean
  readonly #finished: (failure: Failure) => void
  #ended = false

  constructor(
    path: string,
    caller: GrpcCall,
    received: (message: Uint8Array) => boolean,
    finished: (failure: Failure) => void,
  ) {
    this.path = path
    this.#caller = caller
    this.#received = received
    this.#finished = finished
  }

  get ended(): boolean {
    return this.#ended
  }

  get certificateName(): string | undefined {
    return this.#caller.certificateName
  }

  get remote(): string {
    return this.#caller.remote
  }

  get connection(): object | string {
    return this.#caller.connection
  }

  metadata(name: string): string | undefined {
    return this.#caller.metadata(name)
  }

  send(message: Uint8Array): boolean {
    return this.#ended || this.#received(message)
  }

  finish(status: GrpcStatus, message = ''): void {
    if (this.#ended) return
    this.#ended = true
    this.#finished({ status, message })
  }

  /** Nobody wants it any more; its method learns that, and nobody is told. */
  cancel(): void {
    if (this.#ended) return
    this.#ended = true
    this.onCancelled?.()
  }
}

/**
 * What clients of the etcd API asked for and what they were told: the one format that all checkers of whole-store
 * histories read. Plain data; `history-codec.ts` makes lines of JSON of it. Requests and responses are the wire's
 * own messages, as `src/client` hands them out, so that a recorder copies nothing and forgets nothing.
 *
 * Each attempt is an operation of its own: a request that a library sends again after an unknown outcome is
 * recorded twice, once unknown and once with what the second attempt came to.
 */
import type { CompactionRequest } from '../../wire/etcd/compaction.ts'
import type { DeleteRangeRequest, DeleteRangeResponse } from '../../wire/etcd/delete-range.ts'
import type { HeaderResponse } from '../../wire/etcd/header.ts'
import type { PutRequest, PutResponse } from '../../wire/etcd/put.ts'
import type { RangeRequest, RangeResponse } from '../../wire/etcd/range.ts'
import type { TxnRequest } from '../../wire/etcd/txn-request.ts'
import type { TxnResponse } from '../../wire/etcd/txn-response.ts'

export type { Compare } from '../../wire/etcd/compare.ts'
export type { HeaderResponse, ResponseHeader } from '../../wire/etcd/header.ts'
export type { KeyValue } from '../../wire/etcd/key-value.ts'
export type { RequestOp } from '../../wire/etcd/txn-request.ts'
export type { ResponseOp } from '../../wire/etcd/txn-response.ts'
export type {
  CompactionRequest,
  DeleteRangeRequest,
  DeleteRangeResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  TxnRequest,
  TxnResponse,
}

/** Also what the expiry of a lease is recorded as: an operation of unknown outcome, called when it was granted. */
export interface LeaseRevokeRequest {
  readonly id: bigint
}

export type StoreRequest =
  | { readonly kind: 'range'; readonly range: RangeRequest }
  | { readonly kind: 'put'; readonly put: PutRequest }
  | { readonly kind: 'deleteRange'; readonly deleteRange: DeleteRangeRequest }
  | { readonly kind: 'txn'; readonly txn: TxnRequest }
  | { readonly kind: 'compact'; readonly compact: CompactionRequest }
  /** Deletes all keys that the lease is attached to, at one revision. */
  | { readonly kind: 'leaseRevoke'; readonly leaseRevoke: LeaseRevokeRequest }

/** Of the same kind as the request. */
export type StoreResponse =
  | { readonly kind: 'range'; readonly range: RangeResponse }
  | { readonly kind: 'put'; readonly put: PutResponse }
  | { readonly kind: 'deleteRange'; readonly deleteRange: DeleteRangeResponse }
  | { readonly kind: 'txn'; readonly txn: TxnResponse }
  | { readonly kind: 'compact'; readonly compact: HeaderResponse }
  | { readonly kind: 'leaseRevoke'; readonly leaseRevoke: HeaderResponse }

/**
 * Why something was surely not done. The first four are the state machine's: they are true or false of a state,
 * and are checked. That a user may not do something is said of users, not of keys (`rights.ts`). The last is everything
 * that may be said at any time: no leader, too busy, malformed, stopped.
 */
export type StoreRefusal =
  | 'compacted'
  | 'futureRevision'
  | 'keyNotFound'
  | 'leaseNotFound'
  | 'permissionDenied'
  | 'notServed'

export type StoreOutcome =
  | { readonly kind: 'done'; readonly response: StoreResponse }
  /** Surely not done, then or later. */
  | { readonly kind: 'refused'; readonly reason: StoreRefusal }
  /** May be done at any time after the call, or never; never twice. */
  | { readonly kind: 'unknown' }

export interface StoreOperation {
  /** Names it in verdicts; unique in its history. */
  readonly id: number
  /** Who asked: of one client, one operation is called after the other has returned. */
  readonly client: number
  /** Any clock that all clients share: what returns before (`<`) another is called, comes before it. */
  readonly calledAt: number
  /** When the client went on, also from what it never learned the outcome of; absent if it never did. */
  readonly returnedAt?: number
  readonly request: StoreRequest
  readonly outcome: StoreOutcome
}

/** In any order: checkers order by the instants. */
export type StoreHistory = readonly StoreOperation[]

/** A linearizable operation takes effect, or is as if it did, between its call and its return. */
export function isLinearizable({ request }: StoreOperation): boolean {
  if (request.kind === 'range') return !request.range.serializable
  return request.kind !== 'txn' || !isSerializableTxn(request.txn)
}

/**
 * A transaction of nothing but serializable ranges is answered from the local state of a member. One without any
 * operation is, to etcd, too; here it waits for the barrier (`services/etcd/txn-routing.ts` says why).
 */
function isSerializableTxn({ success, failure }: TxnRequest): boolean {
  const operations = [...success, ...failure]
  return operations.length > 0 && operations.every(op => op.kind === 'range' && op.range.serializable)
}

/** The revision in the header of a response. */
export function revisionOf(response: StoreResponse): number {
  switch (response.kind) {
    case 'range':
      return response.range.header.revision
    case 'put':
      return response.put.header.revision
    case 'deleteRange':
      return response.deleteRange.header.revision
    case 'txn':
      return response.txn.header.revision
    case 'compact':
      return response.compact.header.revision
    case 'leaseRevoke':
      return response.leaseRevoke.header.revision
  }
}

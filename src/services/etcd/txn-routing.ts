/**
 * Which way a transaction goes. One that only reads is not replicated; it waits for a read barrier unless
 * all its ranges are serializable. One with a nested transaction is always replicated, as in etcd.
 *
 * In one case we do better than etcd: there, a transaction with conditions and without any operation counts
 * as serializable, and may compare with stale values. Whoever asks "do I still hold the lock?" in this way
 * would be told of a lock that is long lost; so it gets the barrier.
 */
import type { RequestOp, TxnRequest } from '../../wire/etcd/txn-request.ts'

export type TxnRoute = 'replicated' | 'linearizable' | 'serializable'

export function routeOf({ success, failure }: TxnRequest): TxnRoute {
  if (!success.every(isRange) || !failure.every(isRange)) return 'replicated'
  const isLocal = success.every(isSerializable) && failure.every(isSerializable)
  return isLocal && success.length + failure.length > 0 ? 'serializable' : 'linearizable'
}

function isRange(op: RequestOp): boolean {
  return op.kind === 'range'
}

function isSerializable(op: RequestOp): boolean {
  return op.kind === 'range' && op.range.serializable
}

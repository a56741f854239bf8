/**
 * What requests count when the quota is looked at, reckoned as etcd does: a put its key and value and a share, a
 * transaction the dearer of its branches. Nested transactions count here; in etcd they are free.
 */
import type { PutRequest } from '../../wire/etcd/put.ts'
import type { RequestOp, TxnRequest } from '../../wire/etcd/txn-request.ts'
import { PUT_COST_BYTES } from './limits.ts'

export function costOfPut({ key, value }: Pick<PutRequest, 'key' | 'value'>): number {
  return PUT_COST_BYTES + key.length + value.length
}

/** 0 if it puts nothing, whatever its conditions say. */
export function costOfTxn({ success, failure }: TxnRequest): number {
  return Math.max(costOfBranch(success), costOfBranch(failure))
}

function costOfBranch(branch: readonly RequestOp[]): number {
  let bytes = 0
  for (const op of branch) {
    if (op.kind === 'put') bytes += costOfPut(op.put)
    else if (op.kind === 'txn') bytes += costOfTxn(op.txn)
  }
  return bytes
}

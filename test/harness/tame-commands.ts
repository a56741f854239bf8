/**
 * Random commands for a comparison with etcd 3.4: without what it does not survive, and without leases that end by
 * themselves.
 */

import type { KvCommand, PutOperation, RequestOperation, TxnOperation } from '../../src/machines/kv/types.ts'
import type { InvalidReason } from '../../src/machines/kv/validate.ts'
import { checkDeleteRange, checkPut, checkTxn } from '../../src/machines/kv/validate.ts'
import type { HistoryState, KvHistory } from './kv-histories.ts'
import { deleteOf, grant, revoke } from './kv-operations.ts'

/** The ids that are ever granted. */
export const GRANTED: readonly bigint[] = [7n, 8n, 0x7fffffffffffffffn]
const TTL_SECONDS = 1_000

export function randomCommand(history: KvHistory, state: HistoryState): KvCommand {
  const draw = history.below(11)
  if (draw === 10) {
    const id = history.pick(GRANTED)
    return history.chance(1, 2) ? grant(id, TTL_SECONDS) : revoke(id)
  }
  if (draw < 4) return { kind: 'put', put: history.put(state) }
  if (draw < 6) return { kind: 'deleteRange', deleteRange: history.deleteRange() }
  return { kind: 'txn', txn: tamed(history.txn(state), state, history.chance(1, 2) ? 'puts' : 'ranges') }
}

/** Why a server refuses it whatever the state is. */
export function invalidReason(command: KvCommand): InvalidReason | undefined {
  switch (command.kind) {
    case 'put':
      return checkPut(command.put)
    case 'deleteRange':
      return checkDeleteRange(command.deleteRange)
    case 'txn':
      return checkTxn(command.txn)
    default:
      return undefined
  }
}

/**
 * Leaves out what etcd 3.4 does not survive (an open deletion next to a put of the same transaction: compaction
 * loses the put), and two reasons to refuse at once, which it finds in another order than etcd 3.6.
 */
function tamed(txn: TxnOperation, state: HistoryState, fault: 'puts' | 'ranges'): TxnOperation {
  const operation = (each: RequestOperation): RequestOperation => {
    switch (each.kind) {
      case 'txn':
        return { kind: 'txn', txn: tamed(each.txn, state, fault) }
      case 'deleteRange': {
        const { key, rangeEnd, prevKv } = each.deleteRange
        const isOpen = rangeEnd.length === 1 && rangeEnd[0] === 0
        return { kind: 'deleteRange', deleteRange: deleteOf(key, isOpen ? '' : rangeEnd, prevKv) }
      }
      case 'range':
        return fault === 'ranges' ? each : { kind: 'range', range: { ...each.range, revision: 0 } }
      case 'put':
        if (fault === 'puts') return { kind: 'put', put: withOneFault(each.put, state) }
        return { kind: 'put', put: { ...each.put, lease: 0n, ignoreValue: false, ignoreLease: false } }
    }
  }
  return { compare: txn.compare, success: txn.success.map(operation), failure: txn.failure.map(operation) }
}

function withOneFault(put: PutOperation, state: HistoryState): PutOperation {
  const mayMissKey = put.ignoreValue || put.ignoreLease
  return mayMissKey && !state.leases.includes(put.lease) ? { ...put, lease: 0n } : put
}

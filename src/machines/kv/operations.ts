/**
 * Puts, deletions and transactions. Everything is decided and checked against the state before the request,
 * and only then is anything changed: a request that is refused has no effect.
 */
import { assert } from '../../core/assert.ts'
import { EMPTY } from '../../core/bytes.ts'
import { allHold } from './compare.ts'
import { leaseExists, NO_LEASE } from './leases.ts'
import { range } from './range-cursor.ts'
import { type ReadPoint, versionAt } from './read-point.ts'
import type {
  DeleteRangeOperation,
  DeleteRangeResult,
  KvRefusal,
  PutOperation,
  PutResult,
  RangeOperation,
  RangeResult,
  RequestOperation,
  ResponseOperation,
  TxnOperation,
  TxnResult,
} from './types.ts'
import type { WriteTxn } from './write-txn.ts'

/**
 * A transaction whose conditions were evaluated: the operations of the branches that are taken. In etcd all
 * conditions, nested ones included, see the state before the transaction.
 */
export interface DecidedTxn {
  readonly succeeded: boolean
  readonly operations: readonly DecidedOperation[]
}

type DecidedOperation =
  | Exclude<RequestOperation, { kind: 'txn' }>
  | { readonly kind: 'txn'; readonly txn: DecidedTxn }

export function decideTxn(at: ReadPoint, txn: TxnOperation): DecidedTxn {
  const succeeded = allHold(at, txn.compare)
  const taken = succeeded ? txn.success : txn.failure
  const operations = taken.map(
    (operation): DecidedOperation =>
      operation.kind === 'txn' ? { kind: 'txn', txn: decideTxn(at, operation.txn) } : operation,
  )
  return { succeeded, operations }
}

/** Why a transaction is refused, if it is: the first reason in the order of its operations. */
export function refusalOfTxn(at: ReadPoint, txn: DecidedTxn): KvRefusal | undefined {
  for (const operation of txn.operations) {
    const reason = refusalOfOperation(at, operation)
    if (reason !== undefined) return reason
  }
  return undefined
}

function refusalOfOperation(at: ReadPoint, operation: DecidedOperation): KvRefusal | undefined {
  switch (operation.kind) {
    case 'range':
      return refusalOfInnerRange(at, operation.range)
    case 'put':
      return refusalOfPut(at, operation.put)
    case 'deleteRange':
      return undefined
    case 'txn':
      return refusalOfTxn(at, operation.txn)
  }
}

export function refusalOfPut(at: ReadPoint, put: PutOperation): KvRefusal | undefined {
  if (put.lease !== NO_LEASE && !leaseExists(at.view, put.lease)) return 'leaseNotFound'
  if (!put.ignoreValue && !put.ignoreLease) return undefined
  return versionAt(at, put.key, at.current) === undefined ? 'keyNotFound' : undefined
}

/** Unlike a range that stands alone, one in a transaction may not ask for a negative revision once compacted. */
function refusalOfInnerRange(at: ReadPoint, { revision }: RangeOperation): KvRefusal | undefined {
  if (revision === 0) return undefined
  if (revision > at.current) return 'futureRevision'
  return revision < at.compacted ? 'compacted' : undefined
}

export function executePut(txn: WriteTxn, put: PutOperation): PutResult {
  const isBeforeNeeded = put.prevKv || put.ignoreValue || put.ignoreLease
  const before = isBeforeNeeded ? txn.get(put.key) : undefined
  // The key was there when the request was checked; an earlier operation of the same transaction may have
  // deleted it since.
  const value = put.ignoreValue ? (before?.value ?? EMPTY) : put.value
  const lease = put.ignoreLease ? (before?.lease ?? NO_LEASE) : put.lease
  txn.put(put.key, value, lease)
  return { revision: txn.revision, prevKv: put.prevKv ? before : undefined }
}

export function executeDeleteRange(txn: WriteTxn, operation: DeleteRangeOperation): DeleteRangeResult {
  const { key, rangeEnd } = operation
  const prevKvs = operation.prevKv ? executeRange(txn, { ...EVERYTHING, key, rangeEnd }).kvs : []
  const deleted = txn.deleteRange(key, rangeEnd)
  return { revision: txn.revision, deleted, prevKvs }
}

export function executeTxn(txn: WriteTxn, decided: DecidedTxn): TxnResult {
  const responses = executeAll(txn, decided)
  return { revision: txn.revision, succeeded: decided.succeeded, responses }
}

function executeAll(txn: WriteTxn, { operations }: DecidedTxn): ResponseOperation[] {
  return operations.map(operation => executeOperation(txn, operation))
}

function executeOperation(txn: WriteTxn, operation: DecidedOperation): ResponseOperation {
  switch (operation.kind) {
    case 'range':
      return { kind: 'range', range: executeRange(txn, operation.range) }
    case 'put':
      return { kind: 'put', put: executePut(txn, operation.put) }
    case 'deleteRange':
      return { kind: 'deleteRange', deleteRange: executeDeleteRange(txn, operation.deleteRange) }
    case 'txn': {
      const { succeeded } = operation.txn
      // etcd leaves the revision of a nested transaction's header at zero.
      const nested = { revision: 0, succeeded, responses: executeAll(txn, operation.txn) }
      return { kind: 'txn', txn: nested }
    }
  }
}

function executeRange(txn: WriteTxn, operation: RangeOperation): RangeResult {
  const at = txn.readPoint
  const outcome = range(at.view, operation, at)
  assert(outcome.kind === 'range', 'ranges of a transaction were checked before it began')
  return outcome.range
}

/** The newest of every key, with nothing asked for. */
const EVERYTHING = {
  limit: 0,
  revision: 0,
  sortOrder: 0,
  sortTarget: 0,
  keysOnly: false,
  countOnly: false,
  minModRevision: 0,
  maxModRevision: 0,
  minCreateRevision: 0,
  maxCreateRevision: 0,
} as const

/**
 * What etcd checks before it proposes anything (`v3rpc/key.go`): pure functions of the request, each answering
 * with the reason to refuse it, or undefined.
 */
import { concatBytes } from '../../core/bytes.ts'
import { type Interval, IntervalSet } from './interval-set.ts'
import { TXN_DEPTH_MAX, TXN_OPERATIONS_MAX } from './limits.ts'
import type {
  Compare,
  DeleteRangeOperation,
  PutOperation,
  RangeOperation,
  RequestOperation,
  TxnOperation,
} from './types.ts'

export type InvalidReason =
  | 'keyNotProvided'
  | 'valueProvided'
  | 'leaseProvided'
  | 'invalidSortOption'
  | 'tooManyOps'
  | 'duplicateKey'
  /** An operation of a transaction that is no operation at all: etcd's answer is "key not found". */
  | 'keyNotFound'

/** A transaction as the wire delivers it: it may hold operations that say nothing. */
export interface UncheckedTxn {
  readonly compare: readonly Compare[]
  readonly success: readonly UncheckedOperation[]
  readonly failure: readonly UncheckedOperation[]
}

export type UncheckedOperation =
  | Exclude<RequestOperation, { kind: 'txn' }>
  | { readonly kind: 'txn'; readonly txn: UncheckedTxn }
  | { readonly kind: 'none' }

const SORT_ORDER_MAX = 2
const SORT_TARGET_MAX = 4
const NO_LEASE = 0n

export function checkRange({ key, sortOrder, sortTarget }: RangeOperation): InvalidReason | undefined {
  if (key.length === 0) return 'keyNotProvided'
  const isKnown = isUpTo(sortOrder, SORT_ORDER_MAX) && isUpTo(sortTarget, SORT_TARGET_MAX)
  return isKnown ? undefined : 'invalidSortOption'
}

function isUpTo(value: number, max: number): boolean {
  return value >= 0 && value <= max
}

export function checkPut(put: PutOperation): InvalidReason | undefined {
  if (put.key.length === 0) return 'keyNotProvided'
  if (put.ignoreValue && put.value.length > 0) return 'valueProvided'
  if (put.ignoreLease && put.lease !== NO_LEASE) return 'leaseProvided'
  return undefined
}

export function checkDeleteRange({ key }: DeleteRangeOperation): InvalidReason | undefined {
  return key.length === 0 ? 'keyNotProvided' : undefined
}

/** @param operationsMax etcd's --max-txn-ops */
export function checkTxn(
  txn: UncheckedTxn,
  operationsMax: number = TXN_OPERATIONS_MAX,
): InvalidReason | undefined {
  // Overlaps come last: until the counts are known to be small, looking for them costs too much.
  return checkParts(txn, operationsMax, TXN_DEPTH_MAX) ?? checkOverlaps(txn)
}

/** Of a transaction that `checkTxn` found nothing against. */
export function asChecked(txn: UncheckedTxn): TxnOperation {
  return txn as TxnOperation
}

/** A nested transaction may use what the widest part of the one around it left of the budget. */
function checkParts(txn: UncheckedTxn, budget: number, depth: number): InvalidReason | undefined {
  const { compare, success, failure } = txn
  const widest = Math.max(compare.length, success.length, failure.length)
  if (widest > budget || depth === 0) return 'tooManyOps'
  if (compare.some(({ key }) => key.length === 0)) return 'keyNotProvided'
  for (const branch of [success, failure]) {
    for (const operation of branch) {
      const reason = checkOperation(operation, budget - widest, depth - 1)
      if (reason !== undefined) return reason
    }
  }
  return undefined
}

function checkOperation(
  operation: UncheckedOperation,
  budget: number,
  depth: number,
): InvalidReason | undefined {
  switch (operation.kind) {
    case 'range':
      return checkRange(operation.range)
    case 'put':
      return checkPut(operation.put)
    case 'deleteRange':
      return checkDeleteRange(operation.deleteRange)
    case 'txn':
      return checkParts(operation.txn, budget, depth)
    case 'none':
      return 'keyNotFound'
  }
}

function checkOverlaps({ success, failure }: UncheckedTxn): InvalidReason | undefined {
  const isFine = touchedBy(success) !== undefined && touchedBy(failure) !== undefined
  return isFine ? undefined : 'duplicateKey'
}

/** What a branch puts and deletes, nested transactions included. Keys are spelled as strings of bytes. */
interface Touched {
  readonly puts: Set<string>
  deletes: IntervalSet
}

/**
 * Undefined if a key is put twice, or put and deleted. As in etcd (`checkIntervals`), what is looked at first
 * decides what is found: deletions of this level, then nested transactions in order, then puts of this level. So
 * a nested transaction may delete what an earlier one puts.
 */
function touchedBy(operations: readonly UncheckedOperation[]): Touched | undefined {
  const touched: Touched = { puts: new Set(), deletes: new IntervalSet(deletesOf(operations)) }
  for (const operation of operations) {
    if (operation.kind === 'txn' && !addNested(touched, operation.txn)) return undefined
  }
  for (const operation of operations) {
    if (operation.kind !== 'put') continue
    if (!addPut(touched, spelled(operation.put.key), operation.put.key)) return undefined
  }
  return touched
}

function deletesOf(operations: readonly UncheckedOperation[]): Interval[] {
  return operations.flatMap(operation =>
    operation.kind === 'deleteRange' ? [intervalOf(operation.deleteRange)] : [],
  )
}

/**
 * The range end as it stands: etcd does not read the single zero byte as "to the end" here, so that an open
 * deletion overlaps nothing.
 */
function intervalOf({ key, rangeEnd }: DeleteRangeOperation): Interval {
  return { from: key, to: rangeEnd.length > 0 ? rangeEnd : concatBytes([key, Uint8Array.of(0)]) }
}

/** One of its branches happens, so they may put the same key. */
function addNested(touched: Touched, { success, failure }: UncheckedTxn): boolean {
  const then = touchedBy(success)
  const otherwise = touchedBy(failure)
  if (then === undefined || otherwise === undefined) return false
  for (const key of then.puts) if (!addPut(touched, key)) return false
  for (const key of otherwise.puts) {
    if (then.puts.has(key)) continue
    if (!addPut(touched, key)) return false
  }
  touched.deletes = touched.deletes.union(then.deletes).union(otherwise.deletes)
  return true
}

function addPut({ puts, deletes }: Touched, key: string, bytes: Uint8Array = bytesOf(key)): boolean {
  if (puts.has(key) || deletes.has(bytes)) return false
  puts.add(key)
  return true
}

const SPELLED_AT_ONCE = 4_096

function spelled(key: Uint8Array): string {
  let text = ''
  for (let at = 0; at < key.length; at += SPELLED_AT_ONCE) {
    text += String.fromCharCode(...key.subarray(at, at + SPELLED_AT_ONCE))
  }
  return text
}

function bytesOf(key: string): Uint8Array {
  return Uint8Array.from(key, character => character.charCodeAt(0))
}

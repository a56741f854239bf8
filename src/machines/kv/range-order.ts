/** Which versions a range keeps and how it orders them: etcd's rules for filters, sort order and sort target. */
import { compareBytes } from '../../core/bytes.ts'
import { type KeyValue, type RangeOperation, SortOrder, SortTarget } from './types.ts'
import type { KeyVersion } from './version-source.ts'

/** A version on its way into an answer; `kv` is there once its record was read. */
export interface RangeRow extends KeyVersion {
  readonly kv: KeyValue | undefined
}

export type RowOrder = (a: RangeRow, b: RangeRow) => number

/**
 * `keys`: as the store has them. `keysDescending`: the other way round. Otherwise rows have to be compared.
 * A target without an order is ascending.
 */
export function orderOf({ sortOrder, sortTarget }: RangeOperation): 'keys' | 'keysDescending' | RowOrder {
  const descending = sortOrder === SortOrder.descend
  const compare = ORDERS[sortTarget]
  if (compare === undefined) return descending ? 'keysDescending' : 'keys'
  return descending ? (a, b) => compare(b, a) : compare
}

/** By target; keys need no comparing. */
const ORDERS: readonly (RowOrder | undefined)[] = [
  undefined,
  (a, b) => a.version.version - b.version.version,
  (a, b) => a.version.createRevision - b.version.createRevision,
  (a, b) => a.version.main - b.version.main,
  (a, b) => compareBytes(a.kv!.value, b.kv!.value),
]

export function sortsByValue({ sortTarget }: RangeOperation): boolean {
  return sortTarget === SortTarget.value
}

export function hasFilters(operation: RangeOperation): boolean {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = operation
  return minModRevision !== 0 || maxModRevision !== 0 || minCreateRevision !== 0 || maxCreateRevision !== 0
}

/**
 * After how many kept rows a walk in key order may stop; one more than the limit tells whether there is more.
 * Sorting needs every row. But an order that comes from a target alone (`sortOrder` none) is, in etcd,
 * the order of the first `limit` + 1 keys, unless there are filters.
 */
export function rowsWanted(operation: RangeOperation, isInOrder: boolean): number {
  const { limit, sortOrder } = operation
  if (limit <= 0) return Number.POSITIVE_INFINITY
  const isTargetAlone = sortOrder === SortOrder.none && !hasFilters(operation)
  return isInOrder || isTargetAlone ? limit + 1 : Number.POSITIVE_INFINITY
}

/** Bounds are inclusive; 0 is no bound. */
export function isKept(operation: RangeOperation, { version }: KeyVersion): boolean {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = operation
  if (maxModRevision !== 0 && version.main > maxModRevision) return false
  if (minModRevision !== 0 && version.main < minModRevision) return false
  if (maxCreateRevision !== 0 && version.createRevision > maxCreateRevision) return false
  return minCreateRevision === 0 || version.createRevision >= minCreateRevision
}

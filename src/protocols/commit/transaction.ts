/** How transactions are named, and what becomes of them. */
import { formatNodeId, type NodeId } from '../../core/ids.ts'

/** The `number` ascends, over all incarnations of the coordinator: whoever begins transactions makes sure of it. */
export interface TransactionId {
  readonly coordinator: NodeId
  /** From 1. */
  readonly number: number
}

export type Decision = 'commit' | 'abort'

/** For maps and for people. */
export function transactionName(id: TransactionId): string {
  return `${formatNodeId(id.coordinator)}/${id.number}`
}

/** What coordinators and participants say to each other; and to themselves, where one node is both. */
import type { NodeId } from '../../core/ids.ts'
import type { Decision, TransactionId } from './transaction.ts'

/** What a participant says that does not know the decision: `recovering` if it has been down since it voted. */
export type Standing = 'uncertain' | 'preCommitted' | 'recovering'

export type CommitMessage =
  | {
      readonly kind: 'prepare'
      readonly transaction: TransactionId
      readonly participants: readonly NodeId[]
      /** Every earlier transaction of this coordinator has ended everywhere, and may be forgotten. */
      readonly settledBelow: number
      readonly work: Uint8Array
    }
  | { readonly kind: 'vote'; readonly transaction: TransactionId; readonly isYes: boolean }
  /** Three phases: all have voted yes. */
  | { readonly kind: 'preCommit'; readonly transaction: TransactionId }
  | { readonly kind: 'preCommitted'; readonly transaction: TransactionId }
  | { readonly kind: 'decision'; readonly transaction: TransactionId; readonly decision: Decision }
  /** The commitment is durable at the sender. */
  | { readonly kind: 'acknowledge'; readonly transaction: TransactionId }
  /** What became of it? Asked of a node as coordinator or as fellow participant. */
  | { readonly kind: 'inquiry'; readonly transaction: TransactionId; readonly isPeer: boolean }
  | { readonly kind: 'standing'; readonly transaction: TransactionId; readonly standing: Standing }

/** What a node must not forget, one record each in the order in which they became durable. */
import type { NodeId } from '../../core/ids.ts'
import type { Decision, TransactionId } from './transaction.ts'

export type CommitRecord =
  /** A participant is about to vote yes. */
  | {
      readonly kind: 'prepared'
      readonly transaction: TransactionId
      readonly participants: readonly NodeId[]
      readonly work: Uint8Array
    }
  /** A participant knows that all have voted yes. */
  | { readonly kind: 'preCommitted'; readonly transaction: TransactionId }
  /** A participant knows the decision, or has refused before it ever voted. */
  | { readonly kind: 'decided'; readonly transaction: TransactionId; readonly decision: Decision }
  /** The coordinator decides to commit. That it decides to abort is nowhere written: it is presumed. */
  | {
      readonly kind: 'committing'
      readonly transaction: TransactionId
      readonly participants: readonly NodeId[]
    }
  /** All participants have acknowledged; the coordinator forgets. */
  | { readonly kind: 'ended'; readonly transaction: TransactionId }
  /** A participant has forgotten all below this number. */
  | { readonly kind: 'settled'; readonly transaction: TransactionId }

/** What a participant knows of one transaction. */
import type { NodeId, Token } from '../../core/ids.ts'
import type { Termination } from './termination.ts'
import type { Decision, TransactionId } from './transaction.ts'

/**
 * - `working`: asked to prepare; it may still abort by itself.
 * - `prepared`: has voted yes, or is about to; uncertain.
 * - `preCommitted`: knows that all have voted yes.
 * - `finished`: knows the decision, or has refused.
 */
export type ParticipantPhase = 'working' | 'prepared' | 'preCommitted' | 'finished'

export interface Participated {
  readonly transaction: TransactionId
  /** All of them, this node included; empty where it refused without having been asked to prepare. */
  readonly participants: readonly NodeId[]
  readonly work: Uint8Array
  phase: ParticipantPhase
  decision: Decision | undefined
  /** The newest record about it: nothing is said of it before that is durable. */
  after: Token
  /** It has been down since it voted, and does not know what it has missed. */
  isRecovered: boolean
  termination: Termination | undefined
}

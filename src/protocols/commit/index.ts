/**
 * Atomic commitment in two phases, in three, and with a decision that consensus keeps. `DESIGN.md` says which is safe
 * when.
 */
export type { NodeId } from '../../core/ids.ts'
export type { Instant } from '../../core/time.ts'
export { decodeMessage, encodeMessage } from './commit-codec.ts'
export { type CommitInput, CommitNode } from './commit-node.ts'
export type { Share } from './coordinator.ts'
export type { CommitMessage } from './message.ts'
export type { CommitOptions, Flavour } from './options.ts'
export type { CommitEffect } from './outbox.ts'
export { type Decision, type TransactionId, transactionName } from './transaction.ts'

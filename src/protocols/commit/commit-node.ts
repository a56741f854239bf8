/**
 * Atomic commitment as a core: one node that may coordinate transactions, take part in others', or both. All or none
 * of a transaction's participants make their work so.
 *
 * Promises (for `two-phase` and `replicated`, whatever is lost, late, cut or down): no two nodes finish a transaction
 * differently, none commits unless all have voted yes, and what the caller is told is what becomes of it. Who has said
 * `voted` yes keeps its work, and its locks, until `finish`.
 *
 * The host sends a node's messages to itself back to it, gives transactions ascending numbers, and takes a `finish`
 * that comes again for what it is. A coordinator that is lost before `outcome` leaves its caller without an answer:
 * unknown.
 */
import { unreachable } from '../../core/assert.ts'
import type { NodeId, Token } from '../../core/ids.ts'
import type { Core } from '../../core/sans-io.ts'
import type { Instant } from '../../core/time.ts'
import { decodeRecord, encodeRecord } from './commit-codec.ts'
import { Coordinator, type Share } from './coordinator.ts'
import type { CommitMessage } from './message.ts'
import type { CommitOptions } from './options.ts'
import { type CommitEffect, Outbox } from './outbox.ts'
import { Participant } from './participant.ts'
import type { Decision, TransactionId } from './transaction.ts'

export type CommitInput =
  | { readonly kind: 'receive'; readonly from: NodeId; readonly message: CommitMessage }
  /** Commit all shares or none. The number is greater than any that this node used before, in any incarnation. */
  | { readonly kind: 'begin'; readonly number: number; readonly shares: readonly Share[] }
  /** Answers `prepare`. */
  | { readonly kind: 'voted'; readonly transaction: TransactionId; readonly isYes: boolean }
  /** Answers `propose`, or tells of its own accord what is in the register. */
  | { readonly kind: 'decided'; readonly transaction: TransactionId; readonly decision: Decision }
  | { readonly kind: 'persisted'; readonly token: Token }
  | { readonly kind: 'deadline' }

export class CommitNode implements Core<CommitInput, CommitEffect> {
  readonly #outbox = new Outbox()
  readonly #coordinator: Coordinator
  readonly #participant: Participant
  #hasBegun = false

  /** @param records what this node had made durable, in order; a `DecodeError` if one is damaged */
  constructor(options: CommitOptions, records: readonly Uint8Array[]) {
    this.#coordinator = new Coordinator(options, this.#outbox)
    this.#participant = new Participant(options, this.#outbox)
    for (const bytes of records) {
      const record = decodeRecord(bytes)
      if (record.kind === 'committing' || record.kind === 'ended') this.#coordinator.recover(record)
      else this.#participant.recover(record)
    }
  }

  step(now: Instant, inputs: readonly CommitInput[], out: CommitEffect[]): void {
    this.#outbox.open(now, out)
    if (!this.#hasBegun) {
      this.#hasBegun = true
      this.#coordinator.resume()
      this.#participant.resume()
    }
    for (const input of inputs) this.#take(input)
  }

  deadline(): Instant {
    if (!this.#hasBegun) return 0 as Instant
    return Math.min(this.#coordinator.deadline(), this.#participant.deadline()) as Instant
  }

  check(): void {
    this.#coordinator.check()
    this.#participant.check()
  }

  describe(): string {
    return `coordinates: ${this.#coordinator.describe()}; takes part: ${this.#participant.describe()}`
  }

  /** The transactions whose locks are held here until somebody says what was decided. */
  uncertain(): TransactionId[] {
    return this.#participant.uncertain()
  }

  /** A log that says the same in fewer records, to begin the next one with. Only while nothing is being written. */
  records(): Uint8Array[] {
    return [...this.#coordinator.records(), ...this.#participant.records()].map(encodeRecord)
  }

  #take(input: CommitInput): void {
    switch (input.kind) {
      case 'receive':
        return this.#receive(input.from, input.message)
      case 'begin':
        return this.#coordinator.begin(input.number, input.shares)
      case 'voted':
        return this.#participant.onVoted(input.transaction, input.isYes)
      case 'decided':
        this.#coordinator.onDecided(input.transaction, input.decision)
        return this.#participant.onDecided(input.transaction, input.decision)
      case 'persisted':
        return this.#outbox.persisted(input.token)
      case 'deadline':
        this.#coordinator.onDeadline()
        return this.#participant.onDeadline()
      default:
        unreachable(input)
    }
  }

  #receive(from: NodeId, message: CommitMessage): void {
    const { transaction } = message
    switch (message.kind) {
      case 'prepare':
        return this.#participant.onPrepare(from, message)
      case 'vote':
        return this.#coordinator.onVote(from, transaction, message.isYes)
      case 'preCommit':
        return this.#participant.onPreCommit(from, transaction)
      case 'preCommitted':
        return this.#coordinator.onPreCommitted(from, transaction)
      case 'decision':
        this.#coordinator.onDecision(from, transaction, message.decision)
        return this.#participant.onDecision(from, transaction, message.decision)
      case 'acknowledge':
        return this.#coordinator.onAcknowledge(from, transaction)
      case 'inquiry':
        if (message.isPeer) return this.#participant.onInquiry(from, transaction)
        return this.#coordinator.onInquiry(from, transaction)
      case 'standing':
        return this.#participant.onStanding(from, transaction, message.standing)
      default:
        unreachable(message)
    }
  }
}

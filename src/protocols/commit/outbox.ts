/**
 * What a node asks for, and the one rule about its order: nothing is said or done before what it depends on is
 * durable.
 */
import type { NodeId, Token } from '../../core/ids.ts'
import type { PersistEffect, SendEffect } from '../../core/sans-io.ts'
import { addMs, type Instant } from '../../core/time.ts'
import { encodeRecord } from './commit-codec.ts'
import type { CommitMessage } from './message.ts'
import type { CommitRecord } from './record.ts'
import type { Decision, TransactionId } from './transaction.ts'

export type CommitEffect =
  | PersistEffect<Uint8Array>
  | SendEffect<CommitMessage>
  /** Do the work so far that it can be finished or undone whatever happens, and say `voted`. */
  | { readonly kind: 'prepare'; readonly transaction: TransactionId; readonly work: Uint8Array }
  /** After a restart: this was prepared, and still is; take its locks again. */
  | { readonly kind: 'restore'; readonly transaction: TransactionId; readonly work: Uint8Array }
  /** Make the work so, or undo it, whether or not it was ever prepared. Comes again after a restart. */
  | { readonly kind: 'finish'; readonly transaction: TransactionId; readonly decision: Decision }
  /** At the coordinator: what became of what was begun. */
  | { readonly kind: 'outcome'; readonly transaction: TransactionId; readonly decision: Decision }
  /**
   * Write the decision into the register, unless there is one; then, or otherwise, say `decided` with what is in it.
   */
  | { readonly kind: 'propose'; readonly transaction: TransactionId; readonly decision: Decision }

interface Held {
  readonly after: Token
  readonly effect: CommitEffect
}

export class Outbox {
  #now = 0 as Instant
  #issued = 0 as Token
  #durable = 0 as Token
  #out: CommitEffect[] = []
  /** Until they are durable, by ascending token. */
  readonly #held: Held[] = []

  /** Where the effects of this step go. */
  open(now: Instant, out: CommitEffect[]): void {
    this.#now = now
    this.#out = out
  }

  /** So long from now. */
  in(milliseconds: number): Instant {
    return addMs(this.#now, milliseconds)
  }

  get now(): Instant {
    return this.#now
  }

  persist(record: CommitRecord): Token {
    this.#issued = (this.#issued + 1) as Token
    this.#out.push({ kind: 'persist', token: this.#issued, update: encodeRecord(record) })
    return this.#issued
  }

  persisted(token: Token): void {
    this.#durable = token
    let count = 0
    for (const { after, effect } of this.#held) {
      if (after > token) break
      this.#out.push(effect)
      count++
    }
    this.#held.splice(0, count)
  }

  send(to: NodeId, message: CommitMessage, after = 0 as Token): void {
    if (after <= this.#durable) this.#out.push({ kind: 'send', to, message })
    else this.#out.push({ kind: 'send', to, message, after })
  }

  put(effect: CommitEffect): void {
    this.#out.push(effect)
  }

  /** Not before this, the newest record, is durable. */
  putAfter(after: Token, effect: CommitEffect): void {
    if (after <= this.#durable) this.#out.push(effect)
    else this.#held.push({ after, effect })
  }
}

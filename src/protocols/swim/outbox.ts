/** What a member says in a step; every message carries claims along. */
import type { NodeId } from '../../core/ids.ts'
import { addMs, type Instant } from '../../core/time.ts'
import type { SwimEffect } from './effect.ts'
import type { SwimMessage } from './message.ts'
import type { Roster } from './roster.ts'

/** What a message says by itself. */
export type MessageHead =
  | { readonly kind: 'ping' | 'ack' | 'nack'; readonly sequence: number }
  | { readonly kind: 'pingRequest'; readonly sequence: number; readonly target: NodeId }

export class Outbox {
  readonly #roster: Roster
  #now = 0 as Instant
  #out: SwimEffect[] = []

  constructor(roster: Roster) {
    this.#roster = roster
  }

  open(now: Instant, out: SwimEffect[]): void {
    this.#now = now
    this.#out = out
  }

  get now(): Instant {
    return this.#now
  }

  /** So long from now. */
  in(milliseconds: number): Instant {
    return addMs(this.#now, milliseconds)
  }

  send(to: NodeId, head: MessageHead): void {
    this.sendWhole(to, { ...head, claims: this.#roster.claimsFor(to) })
  }

  /** A message that carries what it says and nothing more. */
  sendWhole(to: NodeId, message: SwimMessage): void {
    this.#out.push({ kind: 'send', to, message })
  }

  put(effect: SwimEffect): void {
    this.#out.push(effect)
  }
}

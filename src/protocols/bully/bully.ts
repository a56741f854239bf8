/**
 * The bully election (Garcia-Molina, "Elections in a Distributed Computing System", 1982): the living member with the
 * highest id leads. Whoever misses the leader asks all higher ones; if none answers in time, it leads.
 *
 * Promises, if every living member always answers within `answerMs`: some time after the last member has failed or come
 * back there is one leader, the highest that lives, and all know it.
 *
 * Does not promise: one leader at every moment (a higher one that comes back takes over before the lower has heard of
 * it), nor anything at all where a network parts or a process pauses: then each part has a leader for as long as that
 * lasts. It is an election and no lock.
 */
import { assert, unreachable } from '../../core/assert.ts'
import { formatNodeId, NOBODY, type NodeId } from '../../core/ids.ts'
import { addMs, type Instant } from '../../core/time.ts'
import type { Election, ElectionEffect, ElectionInput, ElectionOptions } from '../election.ts'
import type { BullyMessage } from './message.ts'

/** Time-outs until a higher member that has answered must have been heard of as the leader, or is taken for dead. */
const PATIENCE = 3

/**
 * - `following`: hears of the leader now and then.
 * - `electing`: has asked all higher ones.
 * - `awaiting`: one of them lives, and will say who leads.
 * - `leading`: says so now and then.
 */
type Phase = 'following' | 'electing' | 'awaiting' | 'leading'

export class Bully implements Election<BullyMessage> {
  readonly #options: ElectionOptions
  readonly #others: readonly NodeId[]
  #phase: Phase = 'following'
  #leader = NOBODY
  #wakeAt = 0 as Instant
  #now = 0 as Instant
  #out: ElectionEffect<BullyMessage>[] = []

  constructor(options: ElectionOptions) {
    assert(options.members.includes(options.id), 'a member takes part')
    this.#options = options
    this.#others = options.members.filter(id => id !== options.id)
  }

  get leader(): NodeId {
    return this.#leader
  }

  step(
    now: Instant,
    inputs: readonly ElectionInput<BullyMessage>[],
    out: ElectionEffect<BullyMessage>[],
  ): void {
    this.#now = now
    this.#out = out
    for (const input of inputs) if (input.kind === 'receive') this.#receive(input.from, input.message)
    if (now >= this.#wakeAt) this.#onSilence()
  }

  deadline(): Instant {
    return this.#wakeAt
  }

  check(): void {
    const isLeading = this.#phase === 'leading'
    assert(isLeading === (this.#leader === this.#options.id), 'who leads knows it, and nobody else thinks so')
    assert(
      (this.#phase === 'following') === (this.#leader !== NOBODY && !isLeading),
      'who follows has a leader',
    )
    assert(
      isLeading || this.#leader === NOBODY || this.#leader > this.#options.id,
      'nobody follows a lower one',
    )
  }

  describe(): string {
    return `${this.#phase.padEnd(9)} leader ${this.#leader === NOBODY ? '-' : formatNodeId(this.#leader)}`
  }

  #receive(from: NodeId, { kind }: BullyMessage): void {
    if (!this.#others.includes(from)) return
    const isHigher = from > this.#options.id
    switch (kind) {
      case 'election':
        if (!isHigher) this.#onElection(from)
        return
      case 'answer':
        if (isHigher && this.#phase === 'electing') this.#become('awaiting', NOBODY, PATIENCE)
        return
      case 'coordinator':
        if (isHigher) this.#become('following', from, PATIENCE)
        else this.#onLowerLeader(from)
        return
      default:
        unreachable(kind)
    }
  }

  /** A lower one misses the leader: it is told that somebody higher lives. */
  #onElection(from: NodeId): void {
    this.#send(from, 'answer')
    if (this.#phase === 'leading') this.#send(from, 'coordinator')
    else if (this.#phase === 'following') this.#elect()
  }

  /** A lower one leads, since it did not know of this one: it is bullied out of office. */
  #onLowerLeader(from: NodeId): void {
    if (this.#phase === 'leading') this.#send(from, 'coordinator')
    else if (this.#phase === 'following') this.#elect()
  }

  #onSilence(): void {
    if (this.#phase === 'leading') this.#announce()
    else if (this.#phase === 'electing') this.#lead()
    else this.#elect()
  }

  #elect(): void {
    const higher = this.#others.filter(id => id > this.#options.id)
    if (higher.length === 0) return this.#lead()
    this.#become('electing', NOBODY, 1)
    for (const id of higher) this.#send(id, 'election')
  }

  #lead(): void {
    this.#become('leading', this.#options.id, 1)
    this.#announce()
  }

  #announce(): void {
    this.#wakeAt = addMs(this.#now, this.#options.answerMs)
    for (const id of this.#others) this.#send(id, 'coordinator')
  }

  #become(phase: Phase, leader: NodeId, timeouts: number): void {
    this.#phase = phase
    this.#wakeAt = addMs(this.#now, timeouts * this.#options.answerMs)
    if (leader === this.#leader) return
    this.#leader = leader
    this.#out.push({ kind: 'leader', leader })
  }

  #send(to: NodeId, kind: BullyMessage['kind']): void {
    this.#out.push({ kind: 'send', to, message: { kind } })
  }
}

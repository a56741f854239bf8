/**
 * Who is in the group, and who of them lives: SWIM (Das, Gupta and Motivala, 2002) with Lifeguard (Dadgar, Phillips and
 * Currey, 2017), and an exchange of all that is known now and then.
 *
 * Promises: a member that dies is probed by some other after a period on average, and within two rounds of probes by
 * each at the latest, and all hear of it; whoever is reached by any other is heard before it is given up; what a member
 * sends in a period does not depend on how many there are; and everybody who hears the same claims comes to the same
 * end. A member whose event loop is busy notices it, and accuses nobody of that time.
 *
 * Does not promise that who is declared dead is dead, nor that two members ever know the same at the same moment: a
 * partition makes each side declare the other dead. It says whom to ask; nothing that must be done by one at a time may
 * depend on it.
 */
import { assert, unreachable } from '../../core/assert.ts'
import type { NodeId } from '../../core/ids.ts'
import type { Core } from '../../core/sans-io.ts'
import { type Instant, msBetween, NEVER } from '../../core/time.ts'
import { AntiEntropy } from './anti-entropy.ts'
import type { SwimEffect } from './effect.ts'
import { ASKED_AFTER_STALL, LEAVING_PERIODS, META_BYTES_MAX } from './limits.ts'
import { LocalHealth } from './local-health.ts'
import type { Claim, Member } from './member.ts'
import type { SwimMessage } from './message.ts'
import { completeOptions, hasPart, type SwimOptions } from './options.ts'
import { Outbox } from './outbox.ts'
import { Prober } from './prober.ts'
import { Roster } from './roster.ts'
import { Self } from './self.ts'

export type SwimInput =
  | { readonly kind: 'receive'; readonly from: NodeId; readonly message: SwimMessage }
  | { readonly kind: 'deadline' }
  /** From now on this member tells something else about itself. */
  | { readonly kind: 'update'; readonly meta: Uint8Array }
  /** Goes, and says so; `departed` tells when it may stop. */
  | { readonly kind: 'leave' }

export class Swim implements Core<SwimInput, SwimEffect> {
  readonly #options: Required<SwimOptions>
  readonly #health: LocalHealth
  readonly #self: Self
  readonly #roster: Roster
  readonly #outbox: Outbox
  readonly #prober: Prober
  readonly #antiEntropy: AntiEntropy
  #state: 'new' | 'member' | 'departed' = 'new'
  #leavesAt = NEVER
  /** Until then it is told who there is. */
  #joinedBy = 0 as Instant
  /** When it asked to be woken; what is later than that is its own fault. */
  #wakeAt = 0 as Instant

  constructor(options: SwimOptions) {
    this.#options = completeOptions(options)
    this.#health = new LocalHealth(hasPart(this.#options, 'probe'))
    this.#self = new Self(options.id, this.#options.meta)
    this.#roster = new Roster(this.#options)
    this.#outbox = new Outbox(this.#roster)
    this.#prober = new Prober(this.#options, this.#health, this.#roster, this.#outbox)
    this.#antiEntropy = new AntiEntropy(this.#options, this.#self, this.#roster, this.#outbox)
  }

  /** All others that it knows, those who are gone and not yet forgotten included. */
  get members(): readonly Member[] {
    return this.#roster.members
  }

  /** One of the others; undefined if it is not known. */
  member(id: NodeId): Member | undefined {
    return this.#roster.get(id)
  }

  /** Its own; a suspicion that it heard of raised it. */
  get incarnation(): number {
    return this.#self.incarnation
  }

  /** 0 if it is well, up to 8: how slow it takes itself to be. */
  get health(): number {
    return this.#health.worse
  }

  step(now: Instant, inputs: readonly SwimInput[], out: SwimEffect[]): void {
    if (this.#state === 'departed') return
    this.#outbox.open(now, out)
    this.#roster.open(now, out)
    if (this.#state === 'new') this.#begin()
    else this.#excuse(now)
    // Answers that waited in a socket while this process was busy are read before anybody is judged.
    for (const input of inputs) this.#take(input)
    this.#prober.look()
    this.#judge()
    this.#antiEntropy.look()
    if (this.#self.isLeaving) this.#depart(now)
    this.#wakeAt = this.#next()
  }

  deadline(): Instant {
    return this.#wakeAt
  }

  check(): void {
    this.#roster.check()
    this.#prober.check()
    assert(this.#state === 'new' || this.#wakeAt === this.#next(), 'it wakes in time for everything')
  }

  describe(): string {
    const { groupSize, suspects, gone } = this.#roster
    const columns = [
      `${String(groupSize).padStart(4)} here`,
      `${String(suspects).padStart(3)} suspected`,
      `${String(gone).padStart(3)} gone`,
      `health ${this.#health.worse}`,
      `incarnation ${this.#self.incarnation}`,
    ]
    return `${this.#self.isLeaving ? 'leaving' : this.#state.padEnd(7)} ${columns.join(', ')}`
  }

  #begin(): void {
    this.#state = 'member'
    this.#prober.begin()
    this.#antiEntropy.begin()
    this.#roster.passedOn.add(this.#self.claim)
  }

  #take(input: SwimInput): void {
    switch (input.kind) {
      case 'receive':
        return this.#receive(input.from, input.message)
      case 'deadline':
        return
      case 'update':
        assert(input.meta.length <= META_BYTES_MAX, 'what a member tells about itself has at most 512 bytes')
        this.#self.update(input.meta)
        return this.#roster.passedOn.add(this.#self.claim)
      case 'leave':
        return this.#leave()
      default:
        unreachable(input)
    }
  }

  #receive(from: NodeId, message: SwimMessage): void {
    const passesOn = !this.#isBeingTold(message)
    let hasContradicted = false
    for (const claim of message.claims) if (this.#hear(claim, passesOn)) hasContradicted = true
    const { kind } = message
    // Whoever told it hears at once that it is not so; an answer to a ping says that anyway.
    if (hasContradicted && kind !== 'ping') this.#prober.call(from)
    switch (kind) {
      case 'ping':
        return this.#outbox.send(from, { kind: 'ack', sequence: message.sequence })
      case 'ack':
        return this.#prober.onAck(from, message.sequence)
      case 'pingRequest':
        return this.#prober.onPingRequest(from, message.sequence, message.target)
      case 'nack':
        return this.#prober.onNack(from, message.sequence)
      case 'sync':
        if (message.asks) this.#antiEntropy.answer(from)
        return
      default:
        unreachable(kind)
    }
  }

  /** Whoever joins is told all by somebody who knew it: the group has no need to hear that again from each. */
  #isBeingTold({ kind }: SwimMessage): boolean {
    if (kind !== 'sync') return false
    if (this.#roster.groupSize === 1) this.#joinedBy = this.#outbox.in(this.#options.periodMs)
    return this.#outbox.now < this.#joinedBy
  }

  /** True if it is about this member, and not so. */
  #hear(claim: Claim, passesOn: boolean): boolean {
    if (claim.id !== this.#self.id) {
      this.#roster.take(claim, passesOn)
      return false
    }
    if (!this.#self.contradicts(claim)) return false
    // Lifeguard §IV.A: whoever is suspected though it lives is slow to answer.
    if (claim.state === 'suspect') this.#health.worsen(1)
    this.#roster.passedOn.add(this.#self.claim)
    return true
  }

  /**
   * A suspect is called before it is given up: whatever became of its word on the way, it can say itself that it lives.
   */
  #judge(): void {
    const answerMs = hasPart(this.#options, 'looks') ? this.#options.probeTimeoutMs * this.#health.factor : 0
    for (const id of this.#roster.look(answerMs)) this.#prober.call(id)
  }

  /**
   * After a time in which it could hear nobody, everybody has that time again, and a period more. Whoever was away asks
   * some others at once: what they answer says first whether it is suspected itself.
   */
  #excuse(now: Instant): void {
    const lateMs = msBetween(this.#wakeAt, now)
    if (!(lateMs > this.#options.stallMs)) return
    this.#health.worsen(1)
    this.#prober.excuse()
    this.#roster.excuse(lateMs + this.#options.periodMs)
    const asked = this.#roster.order.sample(ASKED_AFTER_STALL, id => this.#roster.stateOf(id) === 'alive')
    for (const id of asked) this.#prober.call(id)
  }

  #leave(): void {
    if (this.#self.isLeaving) return
    this.#self.leave()
    this.#roster.passedOn.add(this.#self.claim)
    this.#leavesAt = this.#outbox.in(LEAVING_PERIODS * this.#options.periodMs)
  }

  /** Once it has said so often enough, or there is nobody to say it to. */
  #depart(now: Instant): void {
    const isTold = !this.#roster.passedOn.has(this.#self.id) || this.#roster.groupSize === 1
    if (!isTold && now < this.#leavesAt) return
    this.#state = 'departed'
    this.#outbox.put({ kind: 'departed' })
  }

  #next(): Instant {
    if (this.#state === 'departed') return NEVER
    const { wakeAt } = this.#prober
    return Math.min(wakeAt, this.#roster.wakeAt, this.#antiEntropy.wakeAt, this.#leavesAt) as Instant
  }
}

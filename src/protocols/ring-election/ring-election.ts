/**
 * The ring election (Chang and Roberts, "An Improved Algorithm for Decentralized Extrema-Finding in Circular
 * Configurations of Processes", 1979): members stand in a circle by id, and candidates go around. A member lets a
 * higher candidate pass, puts itself in the place of a lower one, and leads when its own name comes back.
 *
 * The paper's ring never breaks. Here members die: what the next one does not confirm in `answerMs` goes to the one
 * behind it; a token is taken off the ring after two rounds; and the leader's name goes around again and again, so
 * that whoever misses it begins an election.
 *
 * Promises and does not promise what `bully/` does, with fewer messages (about n log n on average against n^2) and
 * more time (one after the other).
 */
import { assert } from '../../core/assert.ts'
import { formatNodeId, NOBODY, type NodeId } from '../../core/ids.ts'
import { addMs, type Instant, NEVER } from '../../core/time.ts'
import type { Election, ElectionEffect, ElectionInput, ElectionOptions } from '../election.ts'
import { MEMBERS_MAX, UNDERWAY_MAX } from './limits.ts'
import type { RingMessage, RingToken } from './message.ts'

interface Underway {
  readonly token: RingToken
  /** Who is to take it: so many places further on. */
  readonly distance: number
  readonly until: Instant
}

export class RingElection implements Election<RingMessage> {
  readonly #options: ElectionOptions
  /** All others, in the order of the ring, beginning with the next one. */
  readonly #ring: readonly NodeId[]
  /** By sequence; of one time-out, so the first ends first. */
  readonly #underway = new Map<number, Underway>()
  /** Its own name, or that of a higher one, is on its way around. */
  #isParticipant = false
  #leader = NOBODY
  #wakeAt = 0 as Instant
  #sequence = 0
  #now = 0 as Instant
  #out: ElectionEffect<RingMessage>[] = []

  constructor(options: ElectionOptions) {
    const sorted = options.members.toSorted((a, b) => (a < b ? -1 : 1))
    const place = sorted.indexOf(options.id)
    assert(place >= 0 && sorted.length <= MEMBERS_MAX, 'a member takes part, in a ring of bearable size')
    this.#options = options
    this.#ring = [...sorted.slice(place + 1), ...sorted.slice(0, place)]
  }

  get leader(): NodeId {
    return this.#leader
  }

  step(
    now: Instant,
    inputs: readonly ElectionInput<RingMessage>[],
    out: ElectionEffect<RingMessage>[],
  ): void {
    this.#now = now
    this.#out = out
    for (const input of inputs) if (input.kind === 'receive') this.#receive(input.from, input.message)
    this.#passBy()
    if (now >= this.#wakeAt) this.#onSilence()
  }

  deadline(): Instant {
    for (const { until } of this.#underway.values()) return Math.min(until, this.#wakeAt) as Instant
    return this.#wakeAt
  }

  check(): void {
    assert(this.#wakeAt !== NEVER, 'nobody waits for a leader without an end')
    assert(this.#underway.size <= UNDERWAY_MAX, 'what is passed on is bounded')
    assert(this.#leader === NOBODY || this.#leader >= this.#options.id, 'nobody follows a lower one')
  }

  describe(): string {
    const state = this.#isParticipant ? 'participant' : this.#isLeading ? 'leading' : 'following'
    return `${state.padEnd(11)} leader ${this.#leader === NOBODY ? '-' : formatNodeId(this.#leader)}`
  }

  get #isLeading(): boolean {
    return this.#leader === this.#options.id
  }

  /** A token has gone around, whoever is dead: so many time-outs. */
  get #roundTimeouts(): number {
    return 2 * (this.#ring.length + 1)
  }

  #receive(from: NodeId, message: RingMessage): void {
    if (!this.#ring.includes(from)) return
    if (message.kind === 'arrived') {
      this.#underway.delete(message.sequence)
      return
    }
    this.#out.push({ kind: 'send', to: from, message: { kind: 'arrived', sequence: message.sequence } })
    if (message.kind === 'election') this.#onElection(message)
    else this.#onElected(message)
  }

  #onElection(token: RingToken): void {
    const { id } = this.#options
    if (token.candidate === id) return this.#lead()
    if (token.candidate > id) {
      this.#isParticipant = true
      this.#passOn(token)
    } else if (!this.#isParticipant) this.#elect()
  }

  #onElected(token: RingToken): void {
    const { id } = this.#options
    if (token.candidate === id) return
    if (token.candidate < id) {
      // It was elected while this one was away.
      if (!this.#isParticipant && !this.#isLeading) this.#elect()
      return
    }
    // A former leader's name, behind that of the one who has just taken its place.
    if (token.candidate < this.#leader && !this.#isParticipant) return
    this.#isParticipant = false
    this.#follow(token.candidate)
    this.#wake(this.#roundTimeouts)
    this.#passOn(token)
  }

  #onSilence(): void {
    if (this.#isLeading) this.#lead()
    else this.#elect()
  }

  #elect(): void {
    this.#isParticipant = true
    this.#follow(NOBODY)
    this.#wake(this.#roundTimeouts)
    this.#begin('election')
  }

  /** Its own name has come around, or there is nobody else: it leads, and says so. */
  #lead(): void {
    this.#isParticipant = false
    this.#follow(this.#options.id)
    this.#wake(Math.max(1, this.#ring.length))
    this.#begin('elected')
  }

  #begin(kind: RingToken['kind']): void {
    this.#hand({ kind, candidate: this.#options.id, hops: 0, sequence: 0 }, 0)
  }

  /** A name is told once around; a candidate may have to pass those who crashed in the middle of an election twice. */
  #passOn(token: RingToken): void {
    const rounds = token.kind === 'elected' ? 1 : 2
    if (token.hops < rounds * this.#ring.length) this.#hand({ ...token, hops: token.hops + 1 }, 0)
  }

  /** Gives a token to the one so many places behind the next. */
  #hand(token: RingToken, distance: number): void {
    const to = this.#ring[distance]
    if (to === undefined || this.#underway.size >= UNDERWAY_MAX) {
      // Nobody else is there: its own candidacy has come around.
      if (to === undefined && token.kind === 'election' && token.candidate === this.#options.id) this.#lead()
      return
    }
    const message = { ...token, sequence: ++this.#sequence }
    const until = addMs(this.#now, this.#options.answerMs)
    this.#underway.set(message.sequence, { token, distance, until })
    this.#out.push({ kind: 'send', to, message })
  }

  /** Who has not confirmed in time is passed by. */
  #passBy(): void {
    for (const [sequence, { token, distance, until }] of this.#underway) {
      if (until > this.#now) return
      this.#underway.delete(sequence)
      this.#hand(token, distance + 1)
    }
  }

  #follow(leader: NodeId): void {
    if (leader === this.#leader) return
    this.#leader = leader
    this.#out.push({ kind: 'leader', leader })
  }

  #wake(timeouts: number): void {
    this.#wakeAt = addMs(this.#now, timeouts * this.#options.answerMs)
  }
}

/**
 * A rumour broadcast: whoever hears something new tells others, until telling is tiresome (Demers and others, "Epidemic
 * Algorithms for Replicated Database Maintenance", 1987). Comparing what is known, now and then, reaches whom no rumour
 * has reached.
 *
 * Promises: what a member broadcasts is delivered once to every other that lives and is reached in the end, as long as
 * one who knows it still keeps it; a rumour is passed on a bounded number of times, and no packet is larger than
 * `packetBytesMax`.
 *
 * Does not promise an order, not even of the rumours of one member; nor that anybody knows when all have heard. What
 * nobody keeps any more is given up, and `missed` says so.
 */
import { assert, unreachable } from '../../core/assert.ts'
import type { NodeId } from '../../core/ids.ts'
import type { Core, SendEffect } from '../../core/sans-io.ts'
import { addMs, type Instant, NEVER } from '../../core/time.ts'
import { Archive } from './archive.ts'
import { HEAD_BYTES_MAX } from './gossip-codec.ts'
import { HotRumours } from './hot-rumours.ts'
import { PAYLOAD_BYTES_MAX, SENDS_FACTOR } from './limits.ts'
import type { GossipMessage } from './message.ts'
import { completeOptions, type GossipOptions } from './options.ts'
import { Reconciliation } from './reconciliation.ts'
import type { Rumour, RumourId, Source } from './rumour.ts'

export type GossipInput =
  | { readonly kind: 'receive'; readonly from: NodeId; readonly message: GossipMessage }
  | { readonly kind: 'deadline' }
  /** All others are to hear of this: at most 1,024 bytes. */
  | { readonly kind: 'broadcast'; readonly payload: Uint8Array }
  /** Whom there is to tell, from now on. */
  | { readonly kind: 'members'; readonly ids: readonly NodeId[] }

export type GossipEffect =
  | SendEffect<GossipMessage>
  /** Somebody else has broadcast this. Once for each rumour. */
  | { readonly kind: 'deliver'; readonly rumour: Rumour }
  /** So many rumours of a source will not come any more. */
  | { readonly kind: 'missed'; readonly source: Source; readonly count: number }

export class Gossip implements Core<GossipInput, GossipEffect> {
  readonly #options: Required<GossipOptions>
  readonly #archive = new Archive()
  readonly #hot: HotRumours
  readonly #reconciliation: Reconciliation
  #others: readonly NodeId[] = []
  #number = 0
  #isBegun = false
  /** Rounds keep to a beat that chance decided at first, so that members do not all speak at once. */
  #roundAt = 0 as Instant
  #reconcileAt = NEVER
  #now = 0 as Instant
  #out: GossipEffect[] = []

  constructor(options: GossipOptions) {
    this.#options = completeOptions(options)
    this.#hot = new HotRumours(this.#options)
    this.#reconciliation = new Reconciliation(this.#archive, this.#options.packetBytesMax)
    this.#setMembers(this.#options.members)
  }

  /** How many rumours it still passes on. */
  get hot(): number {
    return this.#hot.size
  }

  /** Whether it has heard of a rumour, or given it up. */
  knows(id: RumourId): boolean {
    return this.#archive.knows(id)
  }

  step(now: Instant, inputs: readonly GossipInput[], out: GossipEffect[]): void {
    this.#now = now
    this.#out = out
    if (!this.#isBegun) this.#begin()
    for (const input of inputs) this.#take(input)
    if (now >= this.#roundAt) this.#round()
    if (now >= this.#reconcileAt) this.#reconcile()
  }

  deadline(): Instant {
    if (!this.#isBegun) return this.#roundAt
    const hasNews = this.#hot.size > 0 && this.#others.length > 0
    return hasNews && this.#roundAt < this.#reconcileAt ? this.#roundAt : this.#reconcileAt
  }

  check(): void {
    this.#archive.check()
    this.#hot.check()
    assert(!this.#others.includes(this.#options.id), 'nobody tells itself')
  }

  describe(): string {
    const { sources, kept } = this.#archive
    const columns = [
      `${String(this.#hot.size).padStart(4)} hot`,
      `${String(kept).padStart(4)} kept`,
      `${String(sources).padStart(3)} sources`,
      `${String(this.#others.length).padStart(4)} others`,
    ]
    return columns.join(', ')
  }

  #begin(): void {
    const { random, roundMs, antiEntropyMs } = this.#options
    this.#isBegun = true
    this.#roundAt = addMs(this.#now, random.below(roundMs))
    this.#reconcileAt = addMs(this.#now, random.below(antiEntropyMs))
  }

  #take(input: GossipInput): void {
    switch (input.kind) {
      case 'receive':
        return this.#receive(input.from, input.message)
      case 'broadcast':
        return this.#broadcast(input.payload)
      case 'members':
        return this.#setMembers(input.ids)
      case 'deadline':
        return
      default:
        unreachable(input)
    }
  }

  #receive(from: NodeId, message: GossipMessage): void {
    const { kind } = message
    switch (kind) {
      case 'push':
        return this.#onPush(from, message.rumours)
      case 'feedback':
        for (const id of message.known) this.#hot.onKnown(id)
        return
      case 'digest':
        for (const answer of this.#reconciliation.answer(message)) this.#send(from, answer)
        return
      default:
        unreachable(kind)
    }
  }

  #onPush(from: NodeId, rumours: readonly Rumour[]): void {
    const known: RumourId[] = []
    for (const rumour of rumours) {
      if (!this.#archive.knows(rumour)) this.#learn(rumour)
      else known.push({ origin: rumour.origin, epoch: rumour.epoch, number: rumour.number })
    }
    if (known.length > 0 && this.#options.ending.feedback) this.#send(from, { kind: 'feedback', known })
  }

  #broadcast(payload: Uint8Array): void {
    assert(payload.length <= PAYLOAD_BYTES_MAX, 'a rumour says at most 1,024 bytes')
    const { id: origin, epoch } = this.#options
    const rumour: Rumour = { origin, epoch, number: ++this.#number, payload: payload.slice() }
    this.#archive.add(rumour)
    this.#pass(rumour)
  }

  #learn(rumour: Rumour): void {
    const { origin, epoch } = rumour
    const missed = this.#archive.add(rumour)
    if (missed > 0) this.#out.push({ kind: 'missed', source: { origin, epoch }, count: missed })
    this.#out.push({ kind: 'deliver', rumour })
    this.#pass(rumour)
  }

  /** The first of several begins at the next beat; beats that passed in silence are over. */
  #pass(rumour: Rumour): void {
    if (this.#hot.size === 0) this.#roundAt = this.#beatAfter(this.#now)
    this.#hot.add(rumour)
  }

  #round(): void {
    this.#roundAt = this.#beatAfter(this.#now)
    const { fanout, packetBytesMax, ending } = this.#options
    // The logarithm to base 2 of the group's size, rounded up: whole numbers have it exactly.
    const sendsMax = SENDS_FACTOR * (32 - Math.clz32(this.#others.length)) + ending.k
    for (const to of this.#partners(fanout)) {
      const rumours = this.#hot.take(packetBytesMax - HEAD_BYTES_MAX, sendsMax)
      if (rumours.length > 0) this.#send(to, { kind: 'push', rumours })
    }
  }

  #reconcile(): void {
    const { antiEntropyMs, random } = this.#options
    for (const to of this.#partners(1)) {
      for (const page of this.#reconciliation.begin()) this.#send(to, page)
    }
    this.#reconcileAt = addMs(this.#now, antiEntropyMs / 2 + random.below(antiEntropyMs))
  }

  #beatAfter(now: Instant): Instant {
    const beatUs = this.#options.roundMs * 1000
    const beats = Math.floor((now - this.#roundAt) / beatUs) + 1
    return (this.#roundAt + Math.max(0, beats) * beatUs) as Instant
  }

  #partners(count: number): NodeId[] {
    const { random } = this.#options
    if (count >= this.#others.length) return [...this.#others]
    const partners: NodeId[] = []
    while (partners.length < count) {
      const id = this.#others[random.below(this.#others.length)]!
      if (!partners.includes(id)) partners.push(id)
    }
    return partners
  }

  #setMembers(ids: readonly NodeId[]): void {
    this.#others = ids.filter(id => id !== this.#options.id)
  }

  #send(to: NodeId, message: GossipMessage): void {
    this.#out.push({ kind: 'send', to, message })
  }
}

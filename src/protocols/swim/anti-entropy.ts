/**
 * All that is known, exchanged with one member now and then (Demers' anti-entropy, push and pull): what was passed on
 * and got lost arrives in the end, and so does whoever joins. The state travels in pages, each a packet that is of use
 * by itself, so that no message is larger than others.
 *
 * One who died, or a seed that is not there, is tried as well: that is how two halves of a group find each other again.
 */
import type { NodeId } from '../../core/ids.ts'
import { type Instant, NEVER } from '../../core/time.ts'
import { SEEDS_ASKED, SYNC_MEMBERS } from './limits.ts'
import { type Claim, isGone } from './member.ts'
import type { SwimOptions } from './options.ts'
import type { Outbox } from './outbox.ts'
import type { Roster } from './roster.ts'
import type { Self } from './self.ts'
import { claimBytes, HEAD_BYTES_MAX } from './swim-codec.ts'

export class AntiEntropy {
  readonly #options: Required<SwimOptions>
  readonly #self: Self
  readonly #roster: Roster
  readonly #outbox: Outbox
  #nextAt: Instant = NEVER

  constructor(options: Required<SwimOptions>, self: Self, roster: Roster, outbox: Outbox) {
    this.#options = options
    this.#self = self
    this.#roster = roster
    this.#outbox = outbox
  }

  get wakeAt(): Instant {
    return this.#nextAt
  }

  /** Joins: seeds are asked at once. */
  begin(): void {
    this.#nextAt = this.#outbox.now
  }

  look(): void {
    if (this.#outbox.now < this.#nextAt) return
    const partners = this.#roster.order.sample(1, () => true)
    for (const to of [...partners, ...this.#sampleLost(partners.length === 0 ? SEEDS_ASKED : 1)]) {
      this.#tellAll(to, true)
    }
    this.#nextAt = this.#outbox.in(this.#pauseMs)
  }

  /** The other has told all that it knows, and asks for the same. */
  answer(to: NodeId): void {
    this.#tellAll(to, false)
  }

  get #pauseMs(): number {
    const { periodMs, syncMs, random } = this.#options
    if (this.#roster.groupSize === 1) return periodMs
    // What an exchange costs grows with the group, so in a large one it is rarer: a member's share stays the same.
    const meanMs = syncMs * Math.max(1, this.#roster.groupSize / SYNC_MEMBERS)
    return meanMs / 2 + random.below(Math.ceil(meanMs))
  }

  /** Some of those who may be there though they seem not to be. */
  #sampleLost(count: number): NodeId[] {
    const { id: self, seeds, random } = this.#options
    const absent = seeds.filter(id => id !== self && isGone(this.#roster.stateOf(id) ?? 'dead'))
    const lost = [...new Set([...absent, ...this.#roster.lost])]
    const sampled: NodeId[] = []
    while (sampled.length < count && lost.length > 0) {
      sampled.push(lost.splice(random.below(lost.length), 1)[0]!)
    }
    return sampled
  }

  #tellAll(to: NodeId, asks: boolean): void {
    const pages = this.#pages()
    for (const [i, claims] of pages.entries()) {
      this.#outbox.sendWhole(to, { kind: 'sync', asks: asks && i === pages.length - 1, claims })
    }
  }

  #pages(): Claim[][] {
    const pages: Claim[][] = []
    let roomBytes = 0
    for (const claim of [this.#self.claim, ...this.#roster.claims()]) {
      const bytes = claimBytes(claim)
      if (bytes > roomBytes) {
        pages.push([])
        roomBytes = this.#options.packetBytesMax - HEAD_BYTES_MAX
      }
      pages.at(-1)!.push(claim)
      roomBytes -= bytes
    }
    return pages
  }
}

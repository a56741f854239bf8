/**
 * Rumours that are still passed on. Those that were told least often come first; one goes cold by the rule that was
 * chosen, and in any case when it has been told so often that nobody can be left whom this member alone would reach.
 */
import { assert } from '../../core/assert.ts'
import type { NodeId } from '../../core/ids.ts'
import { rumourBytes } from './gossip-codec.ts'
import { HOT_MAX } from './limits.ts'
import type { GossipOptions } from './options.ts'
import type { Rumour, RumourId } from './rumour.ts'

interface Hot {
  readonly rumour: Rumour
  readonly bytes: number
  sends: number
  /** Times that count towards its ending. */
  tiresome: number
}

export class HotRumours {
  readonly #options: Required<GossipOptions>
  /** By how often they were told, and there in the order in which they came. */
  readonly #bySends: Set<Hot>[] = []
  readonly #byId = new Map<NodeId, Map<string, Hot>>()
  #size = 0

  constructor(options: Required<GossipOptions>) {
    this.#options = options
  }

  get size(): number {
    return this.#size
  }

  add(rumour: Rumour): void {
    const hot: Hot = { rumour, bytes: rumourBytes(rumour), sends: 0, tiresome: 0 }
    let ofOrigin = this.#byId.get(rumour.origin)
    if (ofOrigin === undefined) this.#byId.set(rumour.origin, (ofOrigin = new Map()))
    ofOrigin.set(nameOf(rumour), hot)
    this.#rank(hot)
    this.#size++
    if (this.#size > HOT_MAX) this.#cool(this.#mostTold())
  }

  /**
   * What is told to one other now.
   *
   * @param sendsMax a rumour that was told so often with this goes cold
   */
  take(roomBytes: number, sendsMax: number): Rumour[] {
    const taken: Hot[] = []
    for (const hot of this.#inLine()) {
      // Nothing is told before what stands in front of it, however small it is.
      if (hot.bytes > roomBytes) break
      roomBytes -= hot.bytes
      taken.push(hot)
    }
    for (const hot of taken) this.#told(hot, sendsMax)
    return taken.map(({ rumour }) => rumour)
  }

  /** The other knew it already. */
  onKnown(id: RumourId): void {
    const hot = this.#byId.get(id.origin)?.get(nameOf(id))
    if (hot !== undefined && this.#options.ending.feedback) this.#tire(hot)
  }

  check(): void {
    let ranked = 0
    for (const [sends, queue] of this.#bySends.entries()) {
      ranked += queue.size
      for (const hot of queue)
        assert(hot.sends === sends, 'a rumour stands with those that were told as often')
    }
    let named = 0
    for (const ofOrigin of this.#byId.values()) named += ofOrigin.size
    assert(ranked === this.#size && named === this.#size, 'each rumour stands in line once')
    assert(this.#size <= HOT_MAX, 'no more is passed on than there is room for')
  }

  *#inLine(): Generator<Hot> {
    for (const queue of this.#bySends) yield* queue
  }

  #told(hot: Hot, sendsMax: number): void {
    this.#bySends[hot.sends]!.delete(hot)
    hot.sends++
    this.#rank(hot)
    if (hot.sends >= sendsMax) this.#cool(hot)
    else if (!this.#options.ending.feedback) this.#tire(hot)
  }

  #tire(hot: Hot): void {
    const { rule, k } = this.#options.ending
    hot.tiresome++
    if (rule === 'coin' ? this.#options.random.chance(1, k) : hot.tiresome >= k) this.#cool(hot)
  }

  #mostTold(): Hot {
    for (const queue of this.#bySends.toReversed()) for (const hot of queue) return hot
    assert(false, 'somebody stands in line')
  }

  #cool(hot: Hot): void {
    const { rumour, sends } = hot
    this.#bySends[sends]!.delete(hot)
    const ofOrigin = this.#byId.get(rumour.origin)!
    ofOrigin.delete(nameOf(rumour))
    if (ofOrigin.size === 0) this.#byId.delete(rumour.origin)
    this.#size--
  }

  #rank(hot: Hot): void {
    while (this.#bySends.length <= hot.sends) this.#bySends.push(new Set())
    this.#bySends[hot.sends]!.add(hot)
  }
}

/** Among the rumours of one origin. */
function nameOf({ epoch, number }: RumourId): string {
  return `${epoch}/${number}`
}

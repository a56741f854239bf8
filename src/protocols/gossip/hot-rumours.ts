/**
 * Rumours that are still passed on. Those that were told least often come first; one goes cold by the rule that was
 * chosen, and in any case when it has been told so often that nobody can be left whom this member alone would reach.
 */
import { assert } from '../../core/assert.ts'
import type { NodeId } from '../../core/ids.ts'
import { LeastTold, type Tellable } from '../../core/least-told.ts'
import { rumourBytes } from './gossip-codec.ts'
import { HOT_MAX } from './limits.ts'
import type { GossipOptions } from './options.ts'
import type { Rumour, RumourId } from './rumour.ts'

interface Hot extends Tellable {
  readonly rumour: Rumour
  /** Times that count towards its ending. */
  tiresome: number
}

export class HotRumours {
  readonly #options: Required<GossipOptions>
  readonly #line = new LeastTold<Hot>()
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
    this.#line.add(hot)
    this.#size++
    if (this.#size > HOT_MAX) this.#cool(this.#line.mostTold()!)
  }

  /**
   * What is told to one other now.
   *
   * @param sendsMax a rumour that was told so often with this goes cold
   */
  take(roomBytes: number, sendsMax: number): Rumour[] {
    const taken = this.#line.front(roomBytes)
    for (const hot of taken) this.#told(hot, sendsMax)
    return taken.map(({ rumour }) => rumour)
  }

  /** The other knew it already. */
  onKnown(id: RumourId): void {
    const hot = this.#byId.get(id.origin)?.get(nameOf(id))
    if (hot !== undefined && this.#options.ending.feedback) this.#tire(hot)
  }

  check(): void {
    const ranked = this.#line.check(hot => {
      assert(
        this.#byId.get(hot.rumour.origin)?.get(nameOf(hot.rumour)) === hot,
        'who stands in line has a name',
      )
    })
    let named = 0
    for (const ofOrigin of this.#byId.values()) named += ofOrigin.size
    assert(ranked === this.#size && named === this.#size, 'each rumour stands in line once')
    assert(this.#size <= HOT_MAX, 'no more is passed on than there is room for')
  }

  #told(hot: Hot, sendsMax: number): void {
    this.#line.told(hot)
    if (hot.sends >= sendsMax) this.#cool(hot)
    else if (!this.#options.ending.feedback) this.#tire(hot)
  }

  #tire(hot: Hot): void {
    const { rule, k } = this.#options.ending
    hot.tiresome++
    if (rule === 'coin' ? this.#options.random.chance(1, k) : hot.tiresome >= k) this.#cool(hot)
  }

  #cool(hot: Hot): void {
    const { rumour } = hot
    this.#line.remove(hot)
    const ofOrigin = this.#byId.get(rumour.origin)!
    ofOrigin.delete(nameOf(rumour))
    if (ofOrigin.size === 0) this.#byId.delete(rumour.origin)
    this.#size--
  }
}

/** Among the rumours of one origin. */
function nameOf({ epoch, number }: RumourId): string {
  return `${epoch}/${number}`
}

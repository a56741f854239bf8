/**
 * Whom to probe next: everybody once, in an order that chance decides anew for each round (SWIM §4.3). So a member that
 * has died is probed within two rounds at the latest, and on average as soon as if each were drawn by chance.
 */
import { assert } from '../../core/assert.ts'
import type { NodeId } from '../../core/ids.ts'
import type { Random } from '../../core/prng.ts'

export class ProbeOrder {
  readonly #random: Random
  readonly #order: NodeId[] = []
  #next = 0

  constructor(random: Random) {
    this.#random = random
  }

  get size(): number {
    return this.#order.length
  }

  /** At a place that chance decides: a group that joins together is not probed in one order by all. */
  add(id: NodeId): void {
    const at = this.#random.below(this.#order.length + 1)
    this.#order.splice(at, 0, id)
    if (at < this.#next) this.#next++
  }

  remove(id: NodeId): void {
    const at = this.#order.indexOf(id)
    assert(at >= 0, 'who is no longer probed was probed before')
    this.#order.splice(at, 1)
    if (at < this.#next) this.#next--
  }

  /** The next one; undefined if there is nobody. */
  take(): NodeId | undefined {
    if (this.#order.length === 0) return undefined
    if (this.#next >= this.#order.length) {
      this.#shuffle()
      this.#next = 0
    }
    return this.#order[this.#next++]
  }

  /** Some of them by chance, each once. */
  sample(count: number, isEligible: (id: NodeId) => boolean): NodeId[] {
    const sampled: NodeId[] = []
    const order = this.#order
    // As many draws as will do in all but the smallest groups, where a walk costs nothing.
    for (let draw = 0; draw < 3 * count && sampled.length < count && order.length > 0; draw++) {
      const id = order[this.#random.below(order.length)]!
      if (!sampled.includes(id) && isEligible(id)) sampled.push(id)
    }
    if (sampled.length === count || order.length > 16 * count) return sampled
    const rest = order.filter(id => !sampled.includes(id) && isEligible(id))
    while (sampled.length < count && rest.length > 0) {
      sampled.push(rest.splice(this.#random.below(rest.length), 1)[0]!)
    }
    return sampled
  }

  check(isProbed: (id: NodeId) => boolean): void {
    assert(new Set(this.#order).size === this.#order.length, 'everybody is probed once in a round')
    assert(this.#order.every(isProbed), 'nobody is probed who is gone')
    assert(this.#next <= this.#order.length, 'a round ends with its last member')
  }

  #shuffle(): void {
    const order = this.#order
    for (let i = order.length - 1; i > 0; i--) {
      const other = this.#random.below(i + 1)
      const moved = order[i]!
      order[i] = order[other]!
      order[other] = moved
    }
  }
}

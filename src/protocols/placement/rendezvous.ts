/**
 * Rendezvous hashing, or highest random weight (Thaler and Ravishankar, 1998): every member draws a number for every
 * key, the same everywhere, and the highest has it. With weights by the logarithmic method (Schindelhauer and
 * Schomaker, 2005): -weight / ln(u) for a u between 0 and 1.
 *
 * Promises: as the ring's, for any set of members, without points or tables; balance as good as chance makes it; a
 * change of one weight moves keys to or from that member only. A look-up costs a step per member.
 */
import { assert } from '../../core/assert.ts'
import type { NodeId } from '../../core/ids.ts'
import { minusLogOfFraction } from '../../core/natural-log.ts'
import { combine, hashKey, type Key } from './hash.ts'
import { hashNode, inOrder, type Member } from './members.ts'

/** A value: a change gives another one. */
export class Rendezvous {
  readonly members: readonly Required<Member>[]
  readonly #seeds: readonly number[]
  readonly #hasEqualWeights: boolean

  constructor(members: readonly Member[]) {
    this.members = inOrder(members)
    this.#seeds = this.members.map(({ node }) => hashNode(node))
    this.#hasEqualWeights = this.members.every(({ weight }) => weight === this.members[0]!.weight)
  }

  with(member: Member): Rendezvous {
    return new Rendezvous([...this.members.filter(({ node }) => node !== member.node), member])
  }

  without(node: NodeId): Rendezvous {
    return new Rendezvous(this.members.filter(member => member.node !== node))
  }

  /** Where a key belongs. There must be a member. */
  locate(key: Key): NodeId {
    assert(this.members.length > 0, 'keys are located among members')
    const hash = hashKey(key)
    let best = 0
    let bestScore = Number.POSITIVE_INFINITY
    for (let place = 0; place < this.#seeds.length; place++) {
      const score = this.#score(hash, place)
      if (score >= bestScore) continue
      best = place
      bestScore = score
    }
    return this.members[best]!.node
  }

  /** Where a key and its copies belong: the best first, each another member; all there are at most. */
  locateMany(key: Key, count: number): NodeId[] {
    const hash = hashKey(key)
    const scores = this.members.map(({ node }, place) => ({ node, score: this.#score(hash, place), place }))
    return scores
      .sort((a, b) => a.score - b.score || a.place - b.place)
      .slice(0, count)
      .map(({ node }) => node)
  }

  /** The lower the better, as the reciprocal of the paper's. Without weights no logarithm is needed. */
  #score(hash: number, place: number): number {
    const draw = combine(hash, this.#seeds[place]!)
    if (this.#hasEqualWeights) return -draw
    return minusLogOfFraction(draw) / this.members[place]!.weight
  }
}

/**
 * Consistent hashing with bounded loads (Mirrokni, Thorup and Zadimoghaddam, 2016): a ring whose members take no more
 * than (1 + epsilon) times their share of what is out. What finds its member full goes on around the ring.
 *
 * Promises: whoever is chosen had less than its bound at that moment, whatever the keys are; a key that many ask for
 * spreads over the members that follow, and comes back to its own when those who came before have left.
 *
 * Never does: move what has been placed. It is for work that is given out and comes back (requests, connections), not
 * for data: after `release` the rest may lie more unevenly than the bound says, until new work evens it out.
 */
import { assert, InvariantError } from '../../core/assert.ts'
import type { NodeId } from '../../core/ids.ts'
import type { Key } from './hash.ts'
import type { HashRing } from './hash-ring.ts'

export class BoundedLoads {
  readonly #epsilon: number
  readonly #loads = new Map<NodeId, number>()
  #ring: HashRing
  #total = 0
  #weights = 0

  /** @param epsilon how much more than its share a member may have: 0.25 for a quarter. Small spreads further. */
  constructor(ring: HashRing, epsilon = 0.25) {
    assert(epsilon > 0, 'with no room to spare every key would seek through all members')
    this.#epsilon = epsilon
    this.#ring = ring
    this.#weights = weightsOf(ring)
  }

  /** Members have joined or left. Those who left take nothing more; what they had is still counted, until released. */
  become(ring: HashRing): void {
    this.#ring = ring
    this.#weights = weightsOf(ring)
  }

  /** How much a member has. */
  loadOf(node: NodeId): number {
    return this.#loads.get(node) ?? 0
  }

  /** How much a member may have after one more is placed: its share of all, and epsilon, rounded up. */
  boundOf(weight: number): number {
    return Math.ceil(((1 + this.#epsilon) * (this.#total + 1) * weight) / this.#weights)
  }

  /** One more piece of work for this key: who takes it. To be released when it is done. */
  acquire(key: Key): NodeId {
    for (const { node, weight } of this.#ring.walk(key)) {
      const load = this.loadOf(node)
      if (load >= this.boundOf(weight)) continue
      this.#loads.set(node, load + 1)
      this.#total++
      return node
    }
    // The bounds of all members together are more than everything that is out.
    throw new InvariantError('somebody always has less than its bound')
  }

  release(node: NodeId): void {
    const load = this.loadOf(node)
    assert(load > 0, 'what is released was acquired')
    if (load === 1) this.#loads.delete(node)
    else this.#loads.set(node, load - 1)
    this.#total--
  }

  check(): void {
    let sum = 0
    for (const load of this.#loads.values()) {
      assert(load >= 1, 'who has nothing is not counted')
      sum += load
    }
    assert(sum === this.#total, 'all that is out is with somebody')
  }
}

function weightsOf(ring: HashRing): number {
  return ring.members.reduce((sum, { weight }) => sum + weight, 0)
}

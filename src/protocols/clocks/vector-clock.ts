/**
 * Vector clocks (Fidge 1988, Mattern 1989): for every node, how many of its events are known. Used as version vectors
 * (Parker et al. 1983) they say which version of a thing has seen which.
 *
 * Promises: `compare` answers "happened before" exactly, as long as nobody prunes, and every node counts its own
 * events without ever counting one twice. A value: no operation changes it.
 *
 * Never does: reject a message, order what is concurrent, or make anybody agree.
 */
import { assert } from '../../core/assert.ts'
import { formatNodeId, type NodeId } from '../../core/ids.ts'
import type { Instant } from '../../core/time.ts'
import type { CausalOrder } from './causal-order.ts'

/** One event: the `counter`-th of its node. */
export interface Dot {
  readonly node: NodeId
  /** From 1. */
  readonly counter: number
}

/** By node, then by counter: a total order, for sorting; zero for the same event. It says nothing about causes. */
export function compareDots(a: Dot, b: Dot): number {
  if (a.node !== b.node) return a.node < b.node ? -1 : 1
  return a.counter - b.counter
}

export class VectorClock {
  /** Knows of nothing. Made by `this`: compiled, the class has its own name only once it is whole. */
  static readonly ZERO: VectorClock = new this([], [])

  // Two arrays in the order of the nodes: merging and comparing are one walk over both, without hashing.
  readonly #nodes: readonly NodeId[]
  readonly #counters: readonly number[]

  private constructor(nodes: readonly NodeId[], counters: readonly number[]) {
    this.#nodes = nodes
    this.#counters = counters
  }

  /** @param dots the last known event of each node, in the order of the nodes, each node once */
  static of(dots: readonly Dot[]): VectorClock {
    const clock = new VectorClock(
      dots.map(dot => dot.node),
      dots.map(dot => dot.counter),
    )
    clock.check()
    return clock
  }

  /** How many nodes it knows anything of. */
  get size(): number {
    return this.#nodes.length
  }

  /** The last known event of each node, in the order of the nodes. */
  dots(): Dot[] {
    return this.#nodes.map((node, i) => ({ node, counter: this.#counters[i]! }))
  }

  /** How many events of a node it knows; they are the first ones, without gaps. */
  counterOf(node: NodeId): number {
    const at = this.#find(node)
    return this.#nodes[at] === node ? this.#counters[at]! : 0
  }

  includes(dot: Dot): boolean {
    return dot.counter <= this.counterOf(dot.node)
  }

  /** One more event of a node. */
  increment(node: NodeId): VectorClock {
    return this.#with(node, this.counterOf(node) + 1)
  }

  /** Knows everything that either knows. Commutative, associative and idempotent. */
  merge(other: VectorClock): VectorClock {
    if (this === other || other.size === 0) return this
    if (this.size === 0) return other
    const nodes: NodeId[] = []
    const counters: number[] = []
    let i = 0
    let j = 0
    while (i < this.#nodes.length || j < other.#nodes.length) {
      const [left, right] = [this.#nodes[i], other.#nodes[j]]
      if (left === right) {
        nodes.push(left!)
        counters.push(Math.max(this.#counters[i++]!, other.#counters[j++]!))
      } else if (right === undefined || (left !== undefined && left < right)) {
        nodes.push(left!)
        counters.push(this.#counters[i++]!)
      } else {
        nodes.push(right)
        counters.push(other.#counters[j++]!)
      }
    }
    return new VectorClock(nodes, counters)
  }

  /** How this stands to the other: `before` if the other knows all of this and more. */
  compare(other: VectorClock): CausalOrder {
    let knowsMore = false
    let knowsLess = false
    let i = 0
    let j = 0
    while (i < this.#nodes.length || j < other.#nodes.length) {
      const [left, right] = [this.#nodes[i], other.#nodes[j]]
      if (left === right) {
        const difference = this.#counters[i++]! - other.#counters[j++]!
        if (difference > 0) knowsMore = true
        else if (difference < 0) knowsLess = true
      } else if (right === undefined || (left !== undefined && left < right)) {
        knowsMore = true
        i++
      } else {
        knowsLess = true
        j++
      }
      if (knowsMore && knowsLess) return 'concurrent'
    }
    return knowsMore ? 'after' : knowsLess ? 'before' : 'equal'
  }

  /**
   * At most so many entries, as Dynamo §4.4 does it: those nodes are forgotten that were seen longest ago. It loses
   * order and nothing else: of two pruned versions one may now seem concurrent to what it has replaced (a sibling too
   * many), but none seems replaced that is not, as long as each keeps the entry of the node that wrote it.
   *
   * @param author wrote this version: its entry is the one that is never forgotten
   */
  prune(author: NodeId, entriesMax: number, lastSeen: (node: NodeId) => Instant): VectorClock {
    assert(entriesMax >= 1, 'the entry of the author always stays')
    if (this.size <= entriesMax) return this
    const rank = (dot: Dot): number => (dot.node === author ? Number.POSITIVE_INFINITY : lastSeen(dot.node))
    const newestFirst = this.dots().sort((a, b) => (rank(a) === rank(b) ? 0 : rank(b) > rank(a) ? 1 : -1))
    const kept = newestFirst.slice(0, entriesMax)
    return VectorClock.of(kept.sort(compareDots))
  }

  /** Asserts what every clock is: nodes in order, each once, and nothing known of those that it does not name. */
  check(): void {
    assert(this.#nodes.length === this.#counters.length, 'every node has a counter')
    for (const [i, node] of this.#nodes.entries()) {
      assert(i === 0 || this.#nodes[i - 1]! < node, 'nodes are in order, each once')
      const counter = this.#counters[i]!
      assert(counter >= 1 && Number.isSafeInteger(counter), 'events are counted from 1')
    }
  }

  /** As papers write it: `{1:2, a:1}`. */
  toString(): string {
    return `{${this.#nodes.map((node, i) => `${formatNodeId(node)}:${this.#counters[i]}`).join(', ')}}`
  }

  #with(node: NodeId, counter: number): VectorClock {
    const at = this.#find(node)
    const nodes = this.#nodes.slice()
    const counters = this.#counters.slice()
    if (nodes[at] === node) counters[at] = counter
    else {
      nodes.splice(at, 0, node)
      counters.splice(at, 0, counter)
    }
    return new VectorClock(nodes, counters)
  }

  /** Where a node is, or would be. */
  #find(node: NodeId): number {
    let low = 0
    let high = this.#nodes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#nodes[middle]! < node) low = middle + 1
      else high = middle
    }
    return low
  }
}

/**
 * What a replica keeps of one thing that is written without agreement: all values that nobody has replaced yet, each
 * with its dot, under one vector of everything that was ever seen. It is the set form of dotted version vectors
 * (Almeida, Baquero, Gonçalves, Preguiça and Fonte, "Scalable and Accurate Causality Tracking for Eventually
 * Consistent Stores", 2014): as large as the number of replicas and of values, whatever the number of writers.
 *
 * Promises: a value disappears when somebody who had read it writes, and never otherwise; replicas that have
 * exchanged their states hold the same. Whoever reads gets all values and a context, and gives the context back with
 * what replaces them.
 *
 * Unsafe when: a replica forgets its own counter (a lost disk, a pruned entry) and goes on under the same id. Its next
 * dot has been used before, and others take the new value for one that they have already replaced.
 */
import { assert } from '../../core/assert.ts'
import type { NodeId } from '../../core/ids.ts'
import { SIBLINGS_MAX } from './limits.ts'
import { compareDots, type Dot, VectorClock } from './vector-clock.ts'

/** A value that stands. */
export interface Sibling<Value> {
  readonly dot: Dot
  readonly value: Value
}

/** A value itself: no operation changes it. */
export class Siblings<Value> {
  /** Everything ever seen: what stands, and what has been replaced. A reader's context. */
  readonly context: VectorClock
  /** By node, then by counter: replicas that have seen the same are equal to the byte. */
  readonly standing: readonly Sibling<Value>[]

  private constructor(context: VectorClock, standing: readonly Sibling<Value>[]) {
    this.context = context
    this.standing = standing
  }

  /** Of something that was never written. */
  static none<Value>(): Siblings<Value> {
    return new Siblings<Value>(VectorClock.ZERO, [])
  }

  /** What a codec read. */
  static of<Value>(context: VectorClock, standing: readonly Sibling<Value>[]): Siblings<Value> {
    const siblings = new Siblings(context, standing)
    siblings.check()
    return siblings
  }

  get values(): Value[] {
    return this.standing.map(sibling => sibling.value)
  }

  /** Whether there is no room for one more value that nobody reconciles: reconcile, or refuse the write. */
  get isFull(): boolean {
    return this.standing.length >= SIBLINGS_MAX
  }

  /**
   * The replica `at` takes a write: the value replaces what its writer had read, and stands beside the rest.
   *
   * @param read the context that came with what the writer had read; `VectorClock.ZERO` for a blind write
   */
  write(at: NodeId, value: Value, read: VectorClock): Siblings<Value> {
    const remaining = this.#notIn(read)
    assert(remaining.length < SIBLINGS_MAX, 'who is full is asked for no more')
    // A reader's context may be ahead of this replica, which then has seen as much. Its own counter never is behind.
    const seen = this.context.merge(read)
    const dot = { node: at, counter: seen.counterOf(at) + 1 }
    return new Siblings(seen.increment(at), inOrder([...remaining, { dot, value }]))
  }

  /** Everything that stood is gone: a write without a value. */
  remove(read: VectorClock): Siblings<Value> {
    return new Siblings(this.context.merge(read), this.#notIn(read))
  }

  /** Both replicas' states as one: what stands in both, or stands in one and was never seen by the other. */
  merge(other: Siblings<Value>): Siblings<Value> {
    const mine = this.standing.filter(({ dot }) => other.#has(dot) || !other.context.includes(dot))
    const theirs = other.standing.filter(({ dot }) => !this.#has(dot) && !this.context.includes(dot))
    return new Siblings(this.context.merge(other.context), inOrder([...mine, ...theirs]))
  }

  /**
   * Forgets what is known of nodes that have left for ever. Values that they wrote and that stand here remain, and
   * keep their entry. What is lost: a replica that still holds a value of theirs which has been replaced brings it
   * back. Nothing that stands anywhere is lost. A node must never return under an id that was forgotten.
   */
  forget(departed: ReadonlySet<NodeId>): Siblings<Value> {
    const isNeeded = (node: NodeId): boolean => this.standing.some(({ dot }) => dot.node === node)
    const kept = this.context.dots().filter(({ node }) => !departed.has(node) || isNeeded(node))
    return new Siblings(VectorClock.of(kept), this.standing)
  }

  check(): void {
    this.context.check()
    for (const [i, { dot }] of this.standing.entries()) {
      assert(dot.counter >= 1 && this.context.includes(dot), 'what stands has been seen')
      assert(i === 0 || compareDots(this.standing[i - 1]!.dot, dot) < 0, 'dots are in order, each once')
    }
  }

  #has(dot: Dot): boolean {
    return this.standing.some(sibling => compareDots(sibling.dot, dot) === 0)
  }

  #notIn(read: VectorClock): Sibling<Value>[] {
    return this.standing.filter(({ dot }) => !read.includes(dot))
  }
}

function inOrder<Value>(siblings: Sibling<Value>[]): Sibling<Value>[] {
  return siblings.sort((a, b) => compareDots(a.dot, b.dot))
}

/**
 * Lamport's logical clock ("Time, Clocks, and the Ordering of Events in a Distributed System", 1978): a counter that
 * jumps over everything it hears of.
 *
 * Promises: if one event happened before another, its stamp is smaller (the paper's clock condition); with the node as
 * the tie-breaker, any two stamps are ordered, and on all nodes alike. It never says the reverse: of two stamps in
 * order, the events may well be concurrent. Who must know that takes a vector clock.
 *
 * Survives a crash only as far as its owner made it durable: a clock that begins anew at zero stamps twice.
 */
import { assert } from '../../core/assert.ts'
import type { NodeId } from '../../core/ids.ts'

/** When an event happened, as far as a Lamport clock can tell. */
export interface LamportStamp {
  /** From 1. */
  readonly counter: number
  readonly node: NodeId
}

export class LamportClock {
  readonly #node: NodeId
  #counter: number

  /** @param counter of the last stamp that this node made or saw before it stopped */
  constructor(node: NodeId, counter = 0) {
    assert(counter >= 0 && Number.isSafeInteger(counter), 'a counter is a whole number')
    this.#node = node
    this.#counter = counter
  }

  /** Of the last event; 0 before the first. */
  get counter(): number {
    return this.#counter
  }

  /** IR1: a local event, or the sending of a message, which carries the stamp. */
  tick(): LamportStamp {
    assert(this.#counter < Number.MAX_SAFE_INTEGER, 'counters never run out')
    this.#counter++
    return { counter: this.#counter, node: this.#node }
  }

  /** IR2: a message with this stamp was received. */
  receive(stamp: LamportStamp): LamportStamp {
    this.#counter = Math.max(this.#counter, stamp.counter)
    return this.tick()
  }
}

/** The paper's total order "=>": negative if `a` comes first. Zero only for one and the same event. */
export function compareLamport(a: LamportStamp, b: LamportStamp): number {
  if (a.counter !== b.counter) return a.counter - b.counter
  if (a.node === b.node) return 0
  return a.node < b.node ? -1 : 1
}

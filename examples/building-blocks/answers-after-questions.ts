/**
 * A conversation in which nobody reads an answer before its question, however messages overtake each other: whoever
 * speaks `increment`s, whoever hears `compare`s, and what is read is `merge`d (causal broadcast, after Birman, Schiper
 * and Stephenson 1991).
 */
import { type NodeId, VectorClock } from 'quorate/protocols/clocks'

export interface Saying {
  readonly by: NodeId
  readonly stamp: VectorClock
  readonly words: string
}

export class Speaker {
  readonly #id: NodeId
  #known = VectorClock.ZERO
  #waiting: Saying[] = []
  readonly read: string[] = []

  constructor(id: bigint) {
    this.#id = id as NodeId
  }

  say(words: string): Saying {
    this.#known = this.#known.increment(this.#id)
    this.read.push(words)
    return { by: this.#id, stamp: this.#known, words }
  }

  hear(saying: Saying): void {
    this.#waiting.push(saying)
    for (let next = this.#takeReady(); next !== undefined; next = this.#takeReady()) {
      this.#known = this.#known.merge(next.stamp)
      this.read.push(next.words)
    }
  }

  /** Whoever said it knew nothing but what is known here, and this one thing more. What is known already is dropped. */
  #takeReady(): Saying | undefined {
    const isNew = ({ by, stamp }: Saying): boolean => stamp.counterOf(by) > this.#known.counterOf(by)
    this.#waiting = this.#waiting.filter(isNew)
    return this.#waiting.find(({ by, stamp }) =>
      ['before', 'equal'].includes(stamp.compare(this.#known.increment(by))),
    )
  }
}

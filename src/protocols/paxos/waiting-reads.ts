/** Reads that wait for an answer: those that the round under way answers, and those that came after it began. */
import type { ReadId } from '../../core/ids.ts'
import { READS_MAX } from './limits.ts'

export class WaitingReads {
  #asked: ReadId[] = []
  #waiting: ReadId[] = []

  get isFull(): boolean {
    return this.#asked.length + this.#waiting.length >= READS_MAX
  }

  /** Some wait for a round to begin. */
  get needRound(): boolean {
    return this.#waiting.length > 0
  }

  add(id: ReadId): void {
    this.#waiting.push(id)
  }

  /** A round begins: it speaks for everything that waits now. */
  beginRound(): void {
    this.#asked.push(...this.#waiting)
    this.#waiting = []
  }

  /** The round was lost to a higher one: what it was to answer waits for the next. */
  loseRound(): void {
    this.#waiting = [...this.#asked, ...this.#waiting]
    this.#asked = []
  }

  /** The round has ended with an answer, or with none: takes those that it spoke for. */
  takeRound(): ReadId[] {
    const ids = this.#asked
    this.#asked = []
    return ids
  }

  /** The decision answers everyone. */
  takeAll(): ReadId[] {
    this.beginRound()
    return this.takeRound()
  }
}

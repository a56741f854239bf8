/**
 * Which rumours of one source are known: all up to a number, and some beyond. It stays small for ever, and so a rumour
 * is never taken for new twice, however late it comes.
 */
import { assert } from '../../core/assert.ts'
import { AHEAD_MAX, AHEAD_TOLD_MAX } from './limits.ts'
import type { SourceDigest } from './message.ts'
import type { Rumour, Source } from './rumour.ts'

export class Ledger {
  readonly source: Source
  /** What is kept of its rumours, by number. */
  readonly kept = new Map<number, Rumour>()
  readonly #ahead = new Set<number>()
  #through = 0

  constructor(source: Source) {
    this.source = source
  }

  get through(): number {
    return this.#through
  }

  knows(number: number): boolean {
    return number <= this.#through || this.#ahead.has(number)
  }

  /** A rumour that was not known. Gives how many earlier ones are given up for it: mostly none. */
  add(number: number): number {
    assert(!this.knows(number), 'a rumour is new once')
    this.#ahead.add(number)
    const givenUp = this.#ahead.size > AHEAD_MAX ? this.#giveUp() : 0
    while (this.#ahead.delete(this.#through + 1)) this.#through++
    return givenUp
  }

  /** What is known, for others. They may send again what there is no room to tell of. */
  digest(): SourceDigest {
    const ahead = [...this.#ahead].sort((a, b) => a - b).slice(0, AHEAD_TOLD_MAX)
    return { ...this.source, through: this.#through, ahead }
  }

  check(): void {
    assert(this.#ahead.size <= AHEAD_MAX, 'gaps are given up in the end')
    assert(!this.#ahead.has(this.#through + 1), 'all up to a number is known, and the next one is not')
    for (const number of this.#ahead) assert(number > this.#through, 'what is ahead is beyond what is known')
    for (const number of this.kept.keys()) assert(this.knows(number), 'what is kept is known')
  }

  /** The earliest gap: what is missing there never came. */
  #giveUp(): number {
    let first = Number.POSITIVE_INFINITY
    for (const number of this.#ahead) if (number < first) first = number
    const missing = first - 1 - this.#through
    this.#through = first - 1
    return missing
  }
}

/** Whether whoever sent this digest of a source knows one of its rumours; all is unknown to who sent none. */
export function knowsBy(digest: SourceDigest | undefined, number: number): boolean {
  return digest !== undefined && (number <= digest.through || digest.ahead.includes(number))
}

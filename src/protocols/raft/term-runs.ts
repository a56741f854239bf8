/**
 * The term of every entry of a log in a few numbers: terms never fall along a log, so it is a short list of
 * runs. It lets the leader check and search terms of entries that have left memory.
 */
import { assert } from '../../core/assert.ts'
import type { Ballot, Index } from '../../core/ids.ts'

interface Run {
  from: Index
  readonly ballot: Ballot
}

export class TermRuns {
  readonly #runs: Run[] = []

  /** The entry at `index`, behind all others so far, has this term. */
  append(index: Index, ballot: Ballot): void {
    const last = this.#runs.at(-1)
    if (last?.ballot === ballot) return
    assert(!last || last.ballot < ballot, 'terms never fall along a log')
    this.#runs.push({ from: index, ballot })
  }

  /** The term at `index`, which must be covered. */
  at(index: Index): Ballot {
    const run = this.#find(index)
    assert(run >= 0, 'the term of an entry that the log holds is known')
    return this.#runs[run]!.ballot
  }

  truncateFrom(index: Index): void {
    while (this.#runs.length > 0 && this.#runs.at(-1)!.from >= index) this.#runs.pop()
  }

  /** Forgets everything below `index`. */
  dropBelow(index: Index): void {
    const run = this.#find(index)
    if (run > 0) this.#runs.splice(0, run)
    if (run >= 0) this.#runs[0]!.from = index
  }

  clear(): void {
    this.#runs.length = 0
  }

  /** The first index of the run which covers `index`. */
  startOf(index: Index): Index {
    return this.#runs[this.#find(index)]!.from
  }

  /** The position of the last run that starts at or below `index`; -1 if there is none. */
  #find(index: Index): number {
    let low = 0
    let high = this.#runs.length - 1
    if (high >= 0 && this.#runs[high]!.from <= index) return high
    while (low <= high) {
      const middle = (low + high) >> 1
      if (this.#runs[middle]!.from <= index) low = middle + 1
      else high = middle - 1
    }
    return high
  }
}

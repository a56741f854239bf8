/** Slots that an acceptor has accepted in one ballot: all up to one, and others behind it, in any order. */
import type { Index } from '../../../core/ids.ts'

export class SlotSet {
  #through: Index
  #highest: Index
  readonly #beyond = new Set<number>()

  constructor(through: Index) {
    this.#through = through
    this.#highest = through
  }

  /** Everything up to here. */
  get through(): Index {
    return this.#through
  }

  get highest(): Index {
    return this.#highest
  }

  /** Whether some are in it while one before them is not. */
  get hasGaps(): boolean {
    return this.#beyond.size > 0
  }

  has(index: number): boolean {
    return index <= this.#through || this.#beyond.has(index)
  }

  add(first: Index, last: Index): void {
    if (last > this.#highest) this.#highest = last
    if (first > this.#through + 1) {
      for (let index = first; index <= last; index++) this.#beyond.add(index)
    } else {
      this.cover(last)
    }
  }

  /** Everything up to here is in it, or does not matter any more. */
  cover(through: Index): void {
    if (through <= this.#through) return
    if (this.#beyond.size > 0)
      for (let index = this.#through + 1; index <= through; index++) this.#beyond.delete(index)
    this.#through = through
    while (this.#beyond.delete(this.#through + 1)) this.#through++
    if (this.#through > this.#highest) this.#highest = this.#through
  }
}

/** Slots that follow each other. */
export interface Run {
  readonly first: Index
  readonly last: Index
}

/** Few runs instead of many slots. */
export function runsOf(slots: readonly Index[]): Run[] {
  const runs: { first: Index; last: Index }[] = []
  for (const index of slots.toSorted((a, b) => a - b)) {
    const run = runs.at(-1)
    if (run !== undefined && index <= run.last + 1) run.last = index
    else runs.push({ first: index, last: index })
  }
  return runs
}

/** What of a replica's log is durable, by what it says that it made so: which entry of which ballot stands where. */
import type { Entry } from '../../core/entry.ts'
import type { LogUpdate } from '../../core/log-update.ts'
import type { Run } from '../checkers/good-copies.ts'

interface Position {
  readonly index: number
  readonly ballot: number
}

export class HeldLog {
  /** By index. */
  readonly #ballots = new Map<number, number>()
  #last = 0
  #base = 0

  /** @param entries as they were found on disk. */
  constructor(entries: readonly Entry[]) {
    for (const entry of entries) this.#write(entry)
  }

  persisted({ truncateFrom, writes = [], base }: LogUpdate): void {
    if (truncateFrom !== undefined) {
      for (let index = truncateFrom as number; index <= this.#last; index++) this.#ballots.delete(index)
      this.#last = Math.min(this.#last, truncateFrom - 1)
    }
    for (const entry of writes) this.#write(entry)
    if (base === undefined) return
    for (let index = this.#base + 1; index <= base.index; index++) this.#ballots.delete(index)
    this.#base = base.index
  }

  /**
   * The first of its entries that the log of a later process lacks. What is of a later ballot may have replaced it, and
   * all behind it, in a write that nobody heard the end of.
   *
   * @param applied up to where the later process's store holds everything
   */
  firstLostBy(later: HeldLog, applied: Position): Position | undefined {
    let newest: number = applied.ballot
    for (const ballot of later.#ballots.values()) if (ballot > newest) newest = ballot
    for (const [index, ballot] of this.#ballots) {
      if (index <= applied.index || newest > ballot) continue
      if ((later.#ballots.get(index) ?? -1) < ballot) return { index, ballot }
    }
    return undefined
  }

  /** Ascending, without gaps between entries that follow each other under one ballot. */
  get runs(): Run[] {
    return runsOf(this.#ballots)
  }

  #write({ index, ballot }: Entry): void {
    this.#ballots.set(index, ballot)
    if (index > this.#last) this.#last = index
  }
}

/** @param ballots by index, in any order. */
export function runsOf(ballots: ReadonlyMap<number, number>): Run[] {
  const runs: { from: number; to: number; ballot: number }[] = []
  for (const [index, ballot] of [...ballots].toSorted(([a], [b]) => a - b)) {
    const last = runs.at(-1)
    if (last?.to === index - 1 && last.ballot === ballot) last.to = index
    else runs.push({ from: index, to: index, ballot })
  }
  return runs
}

/**
 * What an acceptor tells of its slots: in a promise (phase 1b), and when one asks who may have forgotten. One promise
 * speaks for all slots at once, "for infinitely many instances" ("Paxos Made Simple" §3): up to `chosen` everything
 * is, and of the slots behind that it tells what it has accepted last. Reports come in pages; between two pages
 * nothing of a lower ballot can have been accepted, for the promise was made before the first.
 */
import { type Entry, entryBytes } from '../../../core/entry.ts'
import type { Index } from '../../../core/ids.ts'
import { bug, buggify } from '../../../core/seams.ts'
import { bindingProposal } from '../proposer.ts'
import type { SlotLog } from './slot-log.ts'

export interface Report {
  readonly chosen: Index
  /** By slot. */
  readonly entries: readonly Entry[]
  /** Where the next page begins; 0 if this was the last. */
  readonly next: Index
}

/** A page that begins at this slot; of those that are chosen only their number is told. */
export function reportOf(log: SlotLog, from: Index, bytesMax: number): Report {
  const { chosen } = log
  const entries: Entry[] = []
  const room = buggify('paxos: a page of a report brings one entry') ? 1 : bytesMax
  let bytes = 0
  for (const entry of log.openFrom(from)) {
    bytes += entryBytes(entry)
    if (bytes > room && entries.length > 0) return { chosen, entries, next: entry.index }
    entries.push(entry)
  }
  return { chosen, entries, next: 0 as Index }
}

/** What all reports together bind a proposer to, slot by slot: P2c of "Paxos Made Simple" §2.2. */
export class Recovered {
  readonly #binding = new Map<Index, Entry>()
  #last = 0 as Index

  /** The highest slot of which anything was told. */
  get last(): Index {
    return this.#last
  }

  get size(): number {
    return this.#binding.size
  }

  /** What binds in slots where that is a change of membership. */
  get configurations(): Entry[] {
    return [...this.#binding.values()].filter(({ kind }) => kind === 'configuration')
  }

  add(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const { index } = entry
      const binding = bug('paxos-last-told') ? entry : bindingProposal([this.#binding.get(index), entry])
      this.#binding.set(index, binding!)
      if (index > this.#last) this.#last = index
    }
  }

  /** The value to propose in this slot, if there is one; it is asked for once. */
  take(index: Index): Entry | undefined {
    const entry = this.#binding.get(index)
    this.#binding.delete(index)
    return entry
  }
}

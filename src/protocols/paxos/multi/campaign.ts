/** One attempt of a proposer, under one ballot: it asks who would promise, then for promises (phase 1). */
import type { Ballot, Index, NodeId } from '../../../core/ids.ts'
import { Recovered, type Report } from './report.ts'

/** What one acceptor has promised, and told. */
export interface Promiser {
  /** Up to here it speaks for nobody (`inquiries.ts`). */
  readonly floor: Index
  readonly chosen: Index
  /** Where the next page of its report begins; 0 once it has told everything. */
  readonly next: Index
}

export class Campaign {
  readonly ballot: Ballot
  readonly isTransfer: boolean
  /** Who would promise, and who would not. */
  readonly answers = new Map<NodeId, boolean>()
  readonly #promisers = new Map<NodeId, Promiser>()
  readonly recovered = new Recovered()
  #chosen = 0 as Index
  #teacher: NodeId | undefined

  constructor(ballot: Ballot, isTransfer: boolean) {
    this.ballot = ballot
    this.isTransfer = isTransfer
  }

  /** Everything up to here is chosen, as somebody knows who promised. */
  get chosen(): Index {
    return this.#chosen
  }

  /** Who knows most of what is chosen. */
  get teacher(): NodeId | undefined {
    return this.#teacher
  }

  /** What this acceptor has promised, if it has. */
  of(id: NodeId): Promiser | undefined {
    return this.#promisers.get(id)
  }

  add(from: NodeId, floor: Index, { chosen, entries, next }: Report): void {
    this.recovered.add(entries)
    this.#promisers.set(from, { floor, chosen, next })
    if (this.#teacher !== undefined && chosen <= this.#chosen) return
    this.#chosen = chosen
    this.#teacher = from
  }

  /** Whether this acceptor has promised, and said all that it has to say of this slot and those behind it. */
  speaksFor(id: NodeId, slot: number): boolean {
    const promiser = this.#promisers.get(id)
    return promiser !== undefined && promiser.next === 0 && promiser.floor < slot
  }

  /** The highest floor of anybody who promised. */
  highestFloor(): Index {
    let highest = 0 as Index
    for (const { floor } of this.#promisers.values()) if (floor > highest) highest = floor
    return highest
  }
}

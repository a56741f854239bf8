import type { Index, ProposalId } from '../../core/ids.ts'
import { probe } from '../../core/seams.ts'

/** A leader's own proposals whose entries were cut off its log, until it shows what was committed there. */
export class Displaced {
  #entries: { readonly index: Index; readonly ballot: number; readonly id: ProposalId }[] = []

  get size(): number {
    return this.#entries.length
  }

  add(index: Index, ballot: number, id: ProposalId): void {
    this.#entries.push({ index, ballot, id })
  }

  /**
   * Everything up to `index` is committed. Returns the proposals whose place was taken by another entry: of an
   * index and a term there is only one entry, so theirs can never be committed.
   */
  refusedBy(index: Index, ballotAt: (index: Index) => number | undefined): ProposalId[] {
    const refused: ProposalId[] = []
    this.#entries = this.#entries.filter(entry => {
      if (entry.index > index) return true
      if (ballotAt(entry.index) !== entry.ballot) {
        probe('raft: a displaced proposal was surely not done')
        refused.push(entry.id)
      }
      return false
    })
    return refused
  }

  /** A snapshot replaced everything up to `index`; nobody can tell any more. */
  unknownUpTo(index: Index): ProposalId[] {
    const unknown = this.#entries.filter(entry => entry.index <= index).map(entry => entry.id)
    this.#entries = this.#entries.filter(entry => entry.index > index)
    return unknown
  }
}

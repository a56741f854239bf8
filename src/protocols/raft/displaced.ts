import type { Index, ProposalId } from '../../core/ids.ts'
import { probe } from '../../core/seams.ts'

interface Place {
  readonly index: Index
  readonly ballot: number
}

/** A leader's own proposals whose entries were cut off its log, until it shows what was committed there. */
export class Displaced {
  readonly #places = new Map<ProposalId, Place>()

  get size(): number {
    return this.#places.size
  }

  /** Again, too: another leader may bring an entry back, and a third one have it cut off once more. */
  add(index: Index, ballot: number, id: ProposalId): void {
    this.#places.set(id, { index, ballot })
  }

  /**
   * Everything up to `index` is committed. Returns the proposals whose place was taken by another entry: of an
   * index and a term there is only one entry, so theirs can never be committed.
   */
  refusedBy(index: Index, ballotAt: (index: Index) => number | undefined): ProposalId[] {
    const refused = this.#takeUpTo(index).filter(({ place }) => ballotAt(place.index) !== place.ballot)
    if (refused.length > 0) probe('raft: a displaced proposal was surely not done')
    return refused.map(({ id }) => id)
  }

  /** A snapshot replaced everything up to `index`; nobody can tell any more. */
  unknownUpTo(index: Index): ProposalId[] {
    return this.#takeUpTo(index).map(({ id }) => id)
  }

  #takeUpTo(index: Index): { readonly id: ProposalId; readonly place: Place }[] {
    const taken = [...this.#places]
      .map(([id, place]) => ({ id, place }))
      .filter(({ place }) => place.index <= index)
    for (const { id } of taken) this.#places.delete(id)
    return taken
  }
}

/** What the rules of one step have to tell the own group, gathered so that its end says it in few effects. */
import type { Index, ProposalId, ReadId } from '../../core/ids.ts'
import type { ConsensusEffect, Objection } from '../consensus.ts'

export class Answers {
  refused: ProposalId[] = []
  /** Changes of configuration that were refused. */
  objected: { readonly id: ProposalId; readonly objection: Objection }[] = []
  unknown: ProposalId[] = []
  unreadable: ReadId[] = []
  readable: { readonly ids: ReadId[]; readonly index: Index }[] = []

  /** Reads of one index share an effect. */
  serve(ids: readonly ReadId[], index: Index): void {
    const last = this.readable.at(-1)
    if (last?.index === index) last.ids.push(...ids)
    else this.readable.push({ ids: [...ids], index })
  }

  /** Says everything, and forgets it. */
  answer<Message>(out: ConsensusEffect<Message>[]): void {
    const { refused, objected, unknown, readable, unreadable } = this
    if (refused.length > 0) out.push({ kind: 'dropped', ids: refused, outcome: 'refused' })
    if (unknown.length > 0) out.push({ kind: 'dropped', ids: unknown, outcome: 'unknown' })
    for (const { id, objection } of objected) {
      out.push({ kind: 'dropped', ids: [id], outcome: 'refused', objection })
    }
    for (const { ids, index } of readable) out.push({ kind: 'readable', ids, index })
    if (unreadable.length > 0) out.push({ kind: 'unreadable', ids: unreadable })
    this.#forget()
  }

  /** What was said belongs to whoever was told. */
  #forget(): void {
    if (this.refused.length > 0) this.refused = []
    if (this.objected.length > 0) this.objected = []
    if (this.unknown.length > 0) this.unknown = []
    if (this.unreadable.length > 0) this.unreadable = []
    if (this.readable.length > 0) this.readable = []
  }
}

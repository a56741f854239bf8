/** What the rules of one step want done, gathered so that the end of the step can say it in few effects. */
import type { Index, NodeId, ProposalId, ReadId } from '../../core/ids.ts'
import type { ConsensusEffect, Objection } from '../consensus.ts'

interface Outgoing<Message, Gate> {
  readonly to: NodeId
  readonly message: Message
  readonly gate: Gate
}

/** `Gate` is what messages wait for, in the protocol's own words. */
export class Outbox<Message, Gate> {
  readonly sends: Outgoing<Message, Gate>[] = []
  /** Effects that are neither messages nor answers: loads and installations. */
  readonly others: ConsensusEffect<Message>[] = []
  refused: ProposalId[] = []
  /** Changes of configuration that were refused. */
  objected: { readonly id: ProposalId; readonly objection: Objection }[] = []
  unknown: ProposalId[] = []
  unreadable: ReadId[] = []
  readable: { readonly ids: ReadId[]; readonly index: Index }[] = []

  send(to: NodeId, message: Message, gate: Gate): void {
    this.sends.push({ to, message, gate })
  }

  /** Reads of one index share an effect. */
  serve(ids: readonly ReadId[], index: Index): void {
    const last = this.readable.at(-1)
    if (last?.index === index) last.ids.push(...ids)
    else this.readable.push({ ids: [...ids], index })
  }

  clear(): void {
    this.sends.length = 0
    this.others.length = 0
    if (this.refused.length > 0) this.refused = []
    if (this.objected.length > 0) this.objected = []
    if (this.unknown.length > 0) this.unknown = []
    if (this.unreadable.length > 0) this.unreadable = []
    if (this.readable.length > 0) this.readable = []
  }
}

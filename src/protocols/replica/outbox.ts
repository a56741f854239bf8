/** What the rules of one step want done: messages, loads and installations, and answers to the own group. */
import type { NodeId, Token } from '../../core/ids.ts'
import type { ConsensusEffect } from '../consensus.ts'
import { Answers } from './answers.ts'

interface Outgoing<Message, Gate> {
  readonly to: NodeId
  readonly message: Message
  readonly gate: Gate
}

/** `Gate` is what messages wait for, in the protocol's own words. */
export class Outbox<Message, Gate> extends Answers {
  readonly #sends: Outgoing<Message, Gate>[] = []
  /** Effects that are neither messages nor answers: loads and installations. */
  readonly others: ConsensusEffect<Message>[] = []

  send(to: NodeId, message: Message, gate: Gate): void {
    this.#sends.push({ to, message, gate })
  }

  /**
   * Lets messages and the other effects go, after what is written has been handed out.
   * @param tokenOf what a message waits for; undefined if it may leave at once
   */
  flush(out: ConsensusEffect<Message>[], tokenOf: (gate: Gate) => Token | undefined): void {
    for (const { to, message, gate } of this.#sends) {
      const after = tokenOf(gate)
      out.push(after === undefined ? { kind: 'send', to, message } : { kind: 'send', to, message, after })
    }
    for (const effect of this.others) out.push(effect)
    this.#sends.length = 0
    this.others.length = 0
  }
}

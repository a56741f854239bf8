/**
 * The learner of Paxos Made Simple §2.3: a value is chosen once a majority of acceptors has accepted one and
 * the same proposal (not merely proposals with the same value).
 */
import type { Entry } from '../../core/entry.ts'
import type { NodeId } from '../../core/ids.ts'
import { quorumSize } from './proposer.ts'

export class Learner {
  readonly #quorum: number
  /** The highest-numbered proposal that each acceptor said it accepted. Counting acceptors, not messages. */
  readonly #latest = new Map<NodeId, Entry>()

  constructor(acceptors: number) {
    this.#quorum = quorumSize(acceptors)
  }

  /** An acceptor accepted this proposal. Returns it if it is thereby chosen. */
  accepted(from: NodeId, proposal: Entry): Entry | undefined {
    const latest = this.#latest.get(from)
    if (latest === undefined || latest.ballot < proposal.ballot) this.#latest.set(from, proposal)
    let count = 0
    for (const other of this.#latest.values()) if (other.ballot === proposal.ballot) count++
    return count >= this.#quorum ? proposal : undefined
  }
}

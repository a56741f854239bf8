/**
 * One decision for ever, by the three roles of Paxos: a proposer `propose`s, acceptors `accept`, a learner learns what
 * a majority has accepted. Whoever proposes later hears of it, and proposes the same.
 */
import {
  type Acceptor,
  Attempt,
  accept,
  type Ballot,
  type Entry,
  Learner,
  NEW_ACCEPTOR,
  type NodeId,
  nextBallot,
  prepare,
} from 'quorate/protocols/paxos'

const ACCEPTORS = [1n, 2n, 3n].map(id => id as NodeId)
const NOTHING = { index: 1, ballot: 0, kind: 'command', time: 0, origin: 1n, proposal: 1 } as Entry
const entryOf = (value: string): Entry => ({ ...NOTHING, data: new TextEncoder().encode(value) })
const textOf = ({ data }: Entry): string => new TextDecoder().decode(data)

export class Decision {
  /** What each acceptor must not forget: on disk before it answers, in a cluster. */
  readonly #acceptors = new Map<NodeId, Acceptor>(ACCEPTORS.map(id => [id, NEW_ACCEPTOR]))
  readonly #learner = new Learner(ACCEPTORS.length)
  #last = 0 as Ballot
  chosen: string | undefined

  /** Phase 1: a number of its own, and the promises of whoever is reached. Undefined without a majority of them. */
  prepare(reached: readonly bigint[]): Attempt | undefined {
    const attempt = new Attempt(nextBallot(this.#last, 0), ACCEPTORS.length)
    this.#last = attempt.ballot
    let hasMajority = false
    for (const id of reached as readonly NodeId[]) {
      const promised = prepare(this.#acceptors.get(id)!, attempt.ballot)
      if (promised === undefined) continue
      this.#acceptors.set(id, promised)
      if (attempt.promised(id, promised.accepted)) hasMajority = true
    }
    return hasMajority ? attempt : undefined
  }

  /** Phase 2: the value, or the one that the promises tell of; gives which. What is chosen, the learner says. */
  propose(attempt: Attempt, value: string, reached: readonly bigint[]): string {
    const proposal = attempt.issue(entryOf(value))!
    for (const id of reached as readonly NodeId[]) {
      const accepted = accept(this.#acceptors.get(id)!, proposal)
      if (accepted === undefined) continue
      this.#acceptors.set(id, accepted)
      const chosen = this.#learner.accepted(id, proposal)
      if (chosen !== undefined) this.chosen = textOf(chosen)
    }
    return textOf(proposal)
  }
}

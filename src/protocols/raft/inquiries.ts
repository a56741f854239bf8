/**
 * A node whose last batch on disk is damaged may have lost what it had promised or acknowledged. It must not
 * act as if it had not. So it first asks the others, and until they have answered it takes no part.
 *
 * What may be lost, and why asking is enough. Let Q be any quorum that contains this node.
 *
 * - *A vote in term t*, which made Q elect a leader. Some other member A of Q had term t on disk before the
 *   election was won. If, for every such Q, one other member has answered after this node's crash, then the
 *   highest term T that it was told is at least t. The node adopts T and casts no vote in T, so it does not
 *   vote a second time in any term in which its first vote may have mattered.
 * - *An acknowledgement of entry e*, with which Q committed e. Some other member A of Q still has e and has told
 *   the end of its log. Let the *floor* be the best end that the node was told. Until its own log has reached the
 *   floor, it does not campaign, and it votes only for candidates whose logs have: those contain e, for the
 *   reason for which leaders do (Raft §5.4.3). So it never helps to elect anybody whom, had it forgotten
 *   nothing, it would have refused.
 * - *The count of its starts*: two are added, so that ids of its requests are not used again.
 *
 * "For every such Q one other member" means: this node and those who have not answered are no quorum. That is
 * not the whole of it. A leader that has not answered may hold acknowledgements of what was lost, and commit
 * with them an entry which A gets only after it has answered. So there are two ways to be done:
 *
 * - *Everybody has answered.* Whoever leads has forgotten the acknowledgements as it answered, and refuses those
 *   of earlier incarnations that may still be on their way.
 * - *Enough have answered, behind a fence*: the node takes a term above all that it was told, and asks again;
 *   whoever answers has moved on to that term first. No leader of an earlier one can then commit anything with
 *   the help of this node, for it would need one of those who answered as well; and what it has committed with
 *   them before, they hold and tell. That costs the group an election; so it is done only if somebody is silent.
 *
 * Answers of nodes in the same plight do not count as enough. But when everybody has answered, nothing more can
 * be learned from waiting: then the best that is left is taken for the truth, which it is if one good copy of
 * everything acknowledged survives somewhere. A group with one voter has nobody to ask.
 *
 * Whom to ask: the voters of the newest configuration that is known, the node's own or that of the best log that
 * it was told of. A node that has lost all of it, and knows nobody, asks whoever sends it something.
 *
 * Both the doubt and the floor are part of the node's promise, so that another restart does not end them.
 */
import type { Ballot, NodeId } from '../../core/ids.ts'
import type { Instant } from '../../core/time.ts'
import { allVoters, type Configuration, decodeConfiguration } from './configuration.ts'
import { isQuorum } from './joint-quorum.ts'
import type { InquiryResponse } from './message.ts'
import { isAtLeast, type LogPosition } from './promise.ts'

export class Inquiries {
  readonly #self: NodeId
  readonly #answers = new Map<NodeId, InquiryResponse>()
  #configuration: Configuration
  #newest: LogPosition
  #fence: Ballot | undefined
  /** How often everybody was asked, and when those who have not answered will be asked again. */
  rounds = 0
  repeatAt = 0 as Instant

  constructor(self: NodeId, configuration: Configuration, end: LogPosition) {
    this.#self = self
    this.#configuration = configuration
    this.#newest = end
  }

  get isFenced(): boolean {
    return this.#fence !== undefined
  }

  get knowsNobody(): boolean {
    return this.#configuration.voters.length === 0
  }

  /** Asks anew, for answers from this term on. */
  fence(ballot: Ballot): void {
    this.#fence = ballot
    this.#answers.clear()
  }

  add(from: NodeId, answer: InquiryResponse): void {
    const end = { ballot: answer.lastBallot, index: answer.lastIndex }
    if (!isAtLeast(this.#newest, end)) {
      this.#newest = end
      this.#configuration = decodeConfiguration(answer.configuration)
    }
    if (this.#fence === undefined || answer.ballot >= this.#fence) this.#answers.set(from, answer)
  }

  /** Whom to ask. */
  unanswered(): NodeId[] {
    return allVoters(this.#configuration).filter(id => id !== this.#self && !this.#answers.has(id))
  }

  isComplete(): boolean {
    if (this.knowsNobody) return false
    return this.unanswered().length === 0 || (this.isFenced && this.hasEnough())
  }

  /** Whether every quorum that contains this node contains somebody who has answered for certain. */
  hasEnough(): boolean {
    if (this.knowsNobody) return false
    return !isQuorum(this.#configuration, id => id === this.#self || this.#answers.get(id)?.certain !== true)
  }

  highestBallot(): Ballot {
    let highest = 0 as Ballot
    for (const { ballot } of this.#answers.values()) if (ballot > highest) highest = ballot
    return highest
  }

  bestEnd(): LogPosition | undefined {
    let best: LogPosition | undefined
    for (const { lastBallot: ballot, lastIndex: index } of this.#answers.values()) {
      const end = { ballot, index }
      if (!best || isAtLeast(end, best)) best = end
    }
    return best
  }
}

/**
 * A node whose disk cannot vouch for all that it has promised or acknowledged must not act as if it could. So it first
 * asks the others, and until they have answered it takes no part: it neither votes nor acknowledges.
 *
 * How much it may lack is its *doubt* (`core/log-update.ts`): the last batch of its log (`tail`), everything (`lost`),
 * or nothing or everything (`new`: its disk is empty).
 *
 * **What may be lost, and why asking is enough.** Let Q be any quorum that contains this node.
 *
 * - *A vote in term t*, which made Q elect a leader. Some other member A of Q had term t on disk before the
 *   election was won. If, for every such Q, one other member has answered after this node's crash, then the
 *   highest term T that it was told is at least t, but for the case below. The node adopts T and casts no vote
 *   in T, so it does not vote a second time in any term in which its first vote may have mattered.
 * - *An acknowledgement of entry e*, with which Q committed e. Some other member A of Q still has e and has told
 *   the end of its log. Let the *floor* be the best end that the node was told. Until its own log has reached the
 *   floor, it does not campaign, and it votes only for candidates whose logs have: those contain e, for the
 *   reason for which leaders do (Raft §5.4.3). So it never helps to elect anybody whom, had it forgotten
 *   nothing, it would have refused. Its floor is part of what it tells others who ask: it stands for what it held.
 * - *The names of its starts*: see `replica/incarnation.ts`. With one of its own, no answer to an earlier start counts.
 *
 * "For every such Q one other member" means: this node and those who have not answered are no quorum. Two things
 * can still be on their way, and there are two ways to be done with them:
 *
 * - *An acknowledgement of what was lost*, to a leader that has not answered: with it the leader may commit an
 *   entry which A gets only after it has answered.
 * - *A vote*, to a candidate that has not answered: with it and A's, cast only afterwards, the candidate may win.
 *
 * - *Everybody has answered.* Whoever leads has forgotten the acknowledgements as it answered: it begins an *epoch*,
 *   and counts only what this node says with knowledge of it. Whoever asked for votes has told its term.
 * - *Enough have answered, behind a fence*: the node takes a term above all that it was told, and asks again;
 *   whoever answers has moved on to that term first. No leader of an earlier one can then commit anything with
 *   the help of this node, for it would need one of those who answered as well; and what it has committed with
 *   them before, they hold and tell. Nor can a candidate win with an old vote of this node: to ask for
 *   it, it needed pre-votes of a quorum, somebody who answered was among them, and nobody grants one to a term far
 *   beyond its own (`TERMS_AHEAD_MAX`): the fence lies further ahead. That costs the group an election; so it is
 *   done only if somebody is silent, or in doubt too.
 *
 * **Who counts.** Answers of nodes that are in doubt themselves are not enough. In doubt of its tail, a node waits
 * for them no longer than until everybody has answered: a loss of power tears the tails of all, and what was torn
 * had not been acknowledged. Then the best that is left is taken for the truth, which it is if one good copy
 * of everything acknowledged survives somewhere. In doubt of everything it never does that: where a majority has
 * lost its disks, nobody serves anything.
 *
 * **A node whose disk is empty** may be new, or have lost it. If anybody says that the group has begun (it has had
 * an entry), then everything is in doubt. If all others say that it has not, the node is new: what it may have voted
 * for, they have told. If some are silent, this node and those who said so being a quorum, it waits for a while and
 * then takes the silent ones for not started yet. What remains is that the group runs on those who are silent, and
 * that this node was one of them.
 *
 * Whom to ask: the voters of the newest configuration that is known, the node's own or that of the best log that
 * it was told of. Whoever told may have been behind and learn of a newer one, in which those who are silent vote no
 * more: so after a while all are asked again. A node that knows nobody asks whoever sends it something. A group with
 * one voter has nobody to ask.
 *
 * Both the doubt and the floor are part of the node's promise, so that another restart does not end them.
 */
import type { Ballot, NodeId } from '../../core/ids.ts'
import type { Doubt } from '../../core/log-update.ts'
import type { Instant } from '../../core/time.ts'
import { allVoters, type Configuration, decodeConfiguration } from './configuration.ts'
import { isQuorum } from './joint-quorum.ts'
import type { InquiryResponse } from './message.ts'
import { isAtLeast, type LogPosition } from './promise.ts'

export class Inquiries {
  readonly #self: NodeId
  readonly #answers = new Map<NodeId, InquiryResponse>()
  #doubt: Doubt
  #configuration: Configuration
  #newest: LogPosition
  #fence: Ballot | undefined
  /** When a node that holds nothing takes those who are silent for not started. */
  readonly newGroupAt: Instant
  /** How often everybody was asked, and when those who have not answered will be asked again. */
  rounds = 0
  repeatAt = 0 as Instant

  constructor(
    self: NodeId,
    doubt: Doubt,
    configuration: Configuration,
    end: LogPosition,
    newGroupAt: Instant,
  ) {
    this.#self = self
    this.#doubt = doubt
    this.#configuration = configuration
    this.#newest = end
    this.newGroupAt = newGroupAt
  }

  get doubt(): Doubt {
    return this.#doubt
  }

  /** The newest that is known: by its voters is told what this node may lack. */
  get configuration(): Configuration {
    return this.#configuration
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
    if (this.#fence !== undefined && answer.ballot < this.#fence) return
    if (this.#doubt === 'new' && answer.begun) this.#doubt = 'lost'
    // What was said for certain stands, though whoever said it may have lost its disk since.
    if (this.#answers.get(from)?.certain && !answer.certain) return
    this.#answers.set(from, answer)
  }

  /** Who votes beside this node, as far as it knows. */
  get others(): NodeId[] {
    return allVoters(this.#configuration).filter(id => id !== this.#self)
  }

  /** Whose answers are missing; also those whose answer was not for certain, for they may have found out. */
  get awaited(): NodeId[] {
    return this.others.filter(id => this.#answers.get(id)?.certain !== true)
  }

  /** Who has said nothing at all. */
  get silent(): NodeId[] {
    return this.others.filter(id => !this.#answers.has(id))
  }

  /** Whether this one has answered, or is to. */
  asks(id: NodeId): boolean {
    return this.#answers.has(id) || this.others.includes(id)
  }

  isComplete(): boolean {
    if (this.knowsNobody) return false
    if (this.isFenced && this.hasEnough()) return true
    return this.#doubt === 'lost' ? this.awaited.length === 0 && this.hasEnough() : this.silent.length === 0
  }

  /** Whether every quorum that contains this node contains somebody who has answered for certain. */
  hasEnough(): boolean {
    if (this.knowsNobody) return false
    return !isQuorum(this.#configuration, id => id === this.#self || this.#answers.get(id)?.certain !== true)
  }

  /** Whether the group may begin without those who are silent, as far as the others know. */
  mayBegin(): boolean {
    if (this.#doubt !== 'new') return false
    return isQuorum(this.#configuration, id => id === this.#self || this.#answers.has(id))
  }

  highestBallot(): Ballot {
    let highest = 0 as Ballot
    for (const { ballot } of this.#answers.values()) if (ballot > highest) highest = ballot
    return highest
  }

  /** The best that somebody holds, or may have held. */
  bestEnd(): LogPosition | undefined {
    let best: LogPosition | undefined
    for (const { lastBallot, lastIndex, floor } of this.#answers.values()) {
      for (const end of [{ ballot: lastBallot, index: lastIndex }, floor]) {
        if (!best || isAtLeast(end, best)) best = end
      }
    }
    return best
  }
}

/**
 * A node whose disk cannot vouch for all that it has promised or accepted must not act as if it could. So it first
 * asks the others, and until they have answered it takes no part. How much it may lack is its *doubt*
 * (`core/log-update.ts`).
 *
 * What it asks for is little: how far the others' ballots and slots go. With that it takes part again, *above* anything
 * that it can have promised and *behind* anything that it can have accepted ("Paxos Made Live" §5.1: it must not vote
 * before it has seen an instance that began after it lost its disk). Let the others who have answered be such that
 * without them no majority contains this node.
 *
 * - *Promises.* Whoever it promised a ballot t had asked a majority before whether they would promise t; one of those
 *   has answered. Nobody says that it would if t lies more than `ROUNDS_AHEAD_MAX` rounds beyond its own. So t lies
 *   at most that far beyond the highest ballot that the node was told, and it promises one further on than that. It
 *   has then promised more than ever before, and no proposer that counts on a forgotten promise is betrayed. The
 *   leader notices that its ballot is too low and takes a higher one; it loses no more than a round.
 * - *Acceptances.* A leader proposes in slot s only while everything up to s - alpha is chosen; so a majority had
 *   accepted something in slot s - alpha before this node accepted anything in s, and one of those has answered. So
 *   what it accepted lies at most alpha slots behind the last slot that it was told of: that is its *floor*. Up to
 *   there it speaks for nobody in phase 1, and others must make up a majority without it. It may accept, even there:
 *   whatever a majority with it accepts, every majority without it meets. Once it knows what is chosen up to the
 *   floor, it is whole. The leader carries the log there with no-ops, so that nobody has to wait for clients.
 *
 *   If the members changed, the majority may have been one of earlier voters, of whom nobody was asked. That is so only
 *   for slots at most alpha behind the first in which the newest configuration is in force: the floor is at least that.
 *
 * Nothing is taken back that is on its way: an acceptance of before the loss counts, and proposers meet it at others.
 *
 * **Who counts.** Answers of nodes that are in doubt themselves are not enough. In doubt of its tail, a node waits for
 * them no longer than until everybody has answered: a loss of power tears the tails of all, and what was torn had not
 * been acknowledged. Then it takes over, as if it had accepted it, what the others say that they accepted: so the best
 * that is left is known to everybody who speaks for these slots; and up to the slot to which anybody knows what was
 * chosen it speaks for nobody. In doubt of everything it never does that.
 *
 * **A node whose disk is empty** may be new, or have lost it. If anybody says that the group has begun (it has had an
 * entry), then everything is in doubt. If all others say that it has not, the node is new. If some are silent, this
 * node and those who said so being a majority, it waits for a while and then takes the silent ones for not started
 * yet. What remains is that the group runs on those who are silent, and that this node was one of them (decision
 * 0007).
 *
 * Both the doubt and the floor are part of the node's promise, so that another restart does not end them.
 */
import type { Ballot, Index, NodeId } from '../../../core/ids.ts'
import type { Doubt } from '../../../core/log-update.ts'
import type { Instant } from '../../../core/time.ts'
import { type Configuration, decodeConfiguration, firstSlotOf } from './configuration.ts'
import { isMajority } from './configurations.ts'
import type { InquiryAnswer } from './message.ts'
import { Recovered } from './report.ts'

interface Told {
  readonly ballot: Ballot
  readonly isCertain: boolean
  readonly last: Index
  readonly chosen: Index
  /** Where the next page begins; 0 once it has told everything. */
  readonly next: Index
}

/** How it ended. */
export type Conclusion = 'new' | 'certain' | 'everybody'

export class Inquiries {
  readonly #self: NodeId
  readonly #told = new Map<NodeId, Told>()
  readonly accepted = new Recovered()
  #doubt: Doubt
  #configuration: Configuration
  /** When a node that holds nothing takes those who are silent for not started. */
  readonly newGroupAt: Instant
  /** How often everybody was asked, and when those who have not answered will be asked again. */
  rounds = 0
  repeatAt = 0 as Instant

  constructor(self: NodeId, doubt: Doubt, configuration: Configuration, newGroupAt: Instant) {
    this.#self = self
    this.#doubt = doubt
    this.#configuration = configuration
    this.newGroupAt = newGroupAt
  }

  get doubt(): Doubt {
    return this.#doubt
  }

  get knowsNobody(): boolean {
    return this.#configuration.voters.length === 0
  }

  add(from: NodeId, answer: InquiryAnswer): void {
    const configuration = decodeConfiguration(answer.configuration)
    const isNewer = configuration.chosenAt > this.#configuration.chosenAt || this.knowsNobody
    if (isNewer && configuration.voters.length > 0) this.#configuration = configuration
    if (this.#doubt === 'new' && answer.hasBegun) this.#doubt = 'lost'
    const { ballot, isCertain, last, report } = answer
    this.accepted.add(report.entries)
    this.#told.set(from, { ballot, isCertain, last, chosen: report.chosen, next: report.next })
  }

  /** Whom to ask: also those again whose answer was not for certain, for they may have found out. */
  get awaited(): NodeId[] {
    return this.#others.filter(id => this.#told.get(id)?.isCertain !== true)
  }

  /** Where the next page of this one's answer begins. */
  pageOf(id: NodeId): Index {
    return this.#told.get(id)?.next ?? (0 as Index)
  }

  get silent(): NodeId[] {
    return this.#others.filter(id => this.#told.get(id)?.next !== 0)
  }

  /** How it has ended, if it has. `isLate`: those who hold nothing need not wait any longer. */
  conclusion(isLate: boolean): Conclusion | undefined {
    if (this.knowsNobody) return undefined
    const isSilent = this.silent.length > 0
    if (this.#doubt === 'new') {
      const mayBegin = this.#voterSets.every(set =>
        isMajority(set, id => id === this.#self || this.#told.has(id)),
      )
      return !isSilent || (isLate && mayBegin) ? 'new' : undefined
    }
    if (this.#hasEnough()) return 'certain'
    return this.#doubt === 'tail' && !isSilent ? 'everybody' : undefined
  }

  /** Whether every majority that contains this node contains somebody who has answered for certain. */
  #hasEnough(): boolean {
    const isMissing = (id: NodeId) => id === this.#self || this.#told.get(id)?.isCertain !== true
    return this.#voterSets.every(set => !isMajority(set, isMissing))
  }

  highestBallot(): Ballot {
    let highest = 0 as Ballot
    for (const { ballot } of this.#told.values()) if (ballot > highest) highest = ballot
    return highest
  }

  /** The last slot in which this node can have accepted anything. */
  floor(): Index {
    return (Math.max(this.#last(), firstSlotOf(this.#configuration)) + this.#configuration.alpha) as Index
  }

  /** Up to where anybody knows what is chosen. */
  chosen(): Index {
    let chosen = 0 as Index
    for (const told of this.#told.values()) if (told.chosen > chosen) chosen = told.chosen
    return chosen
  }

  #last(): number {
    let last = 0
    for (const told of this.#told.values()) last = Math.max(last, told.last, told.chosen)
    return last
  }

  /** Those who vote, and as long as they may not be in force yet, those who do until then. */
  get #voterSets(): readonly (readonly NodeId[])[] {
    const { voters, before } = this.#configuration
    return this.#last() + 1 < firstSlotOf(this.#configuration) ? [before.voters, voters] : [voters]
  }

  get #others(): NodeId[] {
    return [...new Set(this.#voterSets.flat())].filter(id => id !== this.#self)
  }
}

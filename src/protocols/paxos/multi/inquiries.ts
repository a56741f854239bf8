/**
 * A node whose disk cannot vouch for all that it has promised or accepted must not act as if it could. So it first
 * asks the others, and until they have answered it takes no part. How much it may lack is its *doubt*
 * (`core/log-update.ts`).
 *
 * It does what a proposer does in phase 1, under a ballot that is nobody's, the *fence*: whoever answers has promised
 * it, and tells what it has accepted. Let those who have answered be such that without them no majority contains this
 * node. Then it takes over, as if it had accepted it, what they have accepted, promises the fence itself, and takes
 * part again.
 *
 * - *Acceptances.* If something was chosen in slot s under a ballot below the fence, and an acceptance counted that
 *   this node forgot, then somebody who answered accepted it too, and did so before it promised the fence: so it
 *   told, or it knew what is chosen in s. The first this node has now taken over. Of the slots up to which anybody
 *   knew what is chosen, the *floor*, it speaks for nobody in phase 1 before it has learned them itself.
 * - *Promises.* Whoever it promised a ballot t had asked a majority before whether they would promise t; or it was told
 *   to take over by a leader, whose ballot a majority had promised. One of those has answered. Nobody says that it
 *   would promise what lies more than `ROUNDS_AHEAD_MAX` rounds beyond its own. So t lies at most that far beyond the
 *   highest ballot that the node was told when it first asked, and the fence lies further on than that. It has then
 *   promised more than ever before, and no proposer that counts on a forgotten promise is betrayed.
 *
 * Nothing is taken back that is on its way: an acceptance of before the loss counts, and proposers meet it here again.
 * The leader finds its ballot too low, and takes a higher one: that costs two trips, and no election.
 *
 * **Who counts.** Answers of nodes that are in doubt themselves are not enough. In doubt of its tail, a node waits for
 * them no longer than until everybody has answered: a loss of power tears the tails of all, and what was torn had not
 * been acknowledged. Then the best that is left is taken for the truth, which it is if one good copy of everything
 * acknowledged survives somewhere. In doubt of everything it never does that: where a majority has lost its disks,
 * nobody serves anything.
 *
 * **Whom to ask**: all who vote, by what the node itself knows, or was told. Whoever told may have been behind and
 * learn of a newer configuration, in which those who are silent vote no more: so after a while all are asked again.
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
  /** Up to where anybody knows what is chosen, as far as it knows. */
  readonly chosen: Index
  /** Where the next page begins; 0 once it has told everything. */
  readonly next: Index
}

/** How it ended. */
export type Conclusion = 'new' | 'certain' | 'everybody'

export class Inquiries {
  readonly #self: NodeId
  readonly #told = new Map<NodeId, Told>()
  accepted = new Recovered()
  #fence: Ballot | undefined
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

  get fence(): Ballot | undefined {
    return this.#fence
  }

  /** Asks anew, for answers of those who have promised this. */
  raise(fence: Ballot): void {
    this.#fence = fence
    this.#told.clear()
    this.accepted = new Recovered()
  }

  add(from: NodeId, answer: InquiryAnswer): void {
    const configuration = decodeConfiguration(answer.configuration)
    const isNewer = configuration.chosenAt > this.#configuration.chosenAt || this.knowsNobody
    if (isNewer && configuration.voters.length > 0) this.#configuration = configuration
    if (this.#doubt === 'new' && answer.hasBegun) this.#doubt = 'lost'
    const { ballot, isCertain, floor, report } = answer
    if (this.#fence !== undefined && ballot < this.#fence) return
    this.accepted.add(report.entries)
    const chosen = Math.max(report.chosen, floor) as Index
    const told = { ballot, isCertain, chosen, next: report.next }
    const before = this.#told.get(from)
    this.#told.set(from, before !== undefined && isWhole(before) ? newsOf(told, before) : told)
  }

  /** Who votes beside this node, as far as it knows. */
  get others(): NodeId[] {
    return [...new Set(this.#voterSets.flat())].filter(id => id !== this.#self)
  }

  /** Whose answers are missing; also those whose answer was not for certain, for they may have found out. */
  get awaited(): NodeId[] {
    return this.others.filter(id => !isWhole(this.#told.get(id)))
  }

  /** Whether this one has answered to some purpose, or is to. */
  asks(id: NodeId): boolean {
    return (this.#told.has(id) && !this.knowsNobody) || this.others.includes(id)
  }

  /** Where the next page of this one's answer begins. */
  pageOf(id: NodeId): Index {
    return this.#told.get(id)?.next ?? (0 as Index)
  }

  get silent(): NodeId[] {
    return this.others.filter(id => this.#told.get(id)?.next !== 0)
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
    const isMissing = (id: NodeId) => id === this.#self || !isWhole(this.#told.get(id))
    return this.#voterSets.every(set => !isMajority(set, isMissing))
  }

  highestBallot(): Ballot {
    let highest = 0 as Ballot
    for (const { ballot } of this.#told.values()) if (ballot > highest) highest = ballot
    return highest
  }

  /** Up to where anybody knows what is chosen. */
  chosen(): Index {
    let chosen = 0 as Index
    for (const told of this.#told.values()) if (told.chosen > chosen) chosen = told.chosen
    return chosen
  }

  /** Those who vote, and as long as they may not be in force yet, those who do until then. */
  get #voterSets(): readonly (readonly NodeId[])[] {
    const { voters, before } = this.#configuration
    const isInForce = this.chosen() + 1 >= firstSlotOf(this.#configuration)
    return [...(isInForce ? [] : [before.voters]), voters, ...this.#undeclared.map(next => next.voters)]
  }

  /**
   * Configurations that were chosen, though nobody who answered knows it: something was accepted behind them, and that
   * is not proposed any earlier (`reconfiguring.ts`). Whoever votes in them may have counted this node's acceptances.
   */
  get #undeclared(): Configuration[] {
    const chosen = this.chosen()
    const { last } = this.accepted
    return this.accepted.configurations
      .filter(({ index }) => index > chosen && index < last)
      .map(({ data }) => decodeConfiguration(data))
  }
}

/** It has told everything, for certain. */
function isWhole(told: Told | undefined): boolean {
  return told?.isCertain === true && told.next === 0
}

/** What was told whole stands, though whoever told it may have lost its disk since, or has begun to tell it again. */
function newsOf({ ballot, chosen }: Told, before: Told): Told {
  return {
    ...before,
    ballot: Math.max(ballot, before.ballot) as Ballot,
    chosen: Math.max(chosen, before.chosen) as Index,
  }
}

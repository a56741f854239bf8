/**
 * What a node of Multi-Paxos knows besides what every replica does (`../../replica/state.ts`), and the few transitions
 * that many rules share. The rules themselves are functions over it, a file for each part: `campaigning.ts`,
 * `accepting.ts`, `leading.ts`, `learning.ts`, `proposing.ts`, `reading.ts`, `reconfiguring.ts`, `transferring.ts`,
 * `snapshots.ts`, `handing-out.ts`, `inquiring.ts`.
 */
import {
  type Ballot,
  type Index,
  NOBODY,
  type NodeId,
  type ProposalId,
  type Token,
} from '../../../core/ids.ts'
import { type Instant, NEVER } from '../../../core/time.ts'
import type { ConsensusOptions } from '../../consensus.ts'
import { Outbox } from '../../replica/outbox.ts'
import { abandonReads } from '../../replica/reading.ts'
import { ReplicaState } from '../../replica/state.ts'
import type { Campaign } from './campaign.ts'
import { seatFor } from './configuration.ts'
import type { Configurations } from './configurations.ts'
import type { Inquiries } from './inquiries.ts'
import type { Leadership } from './leadership.ts'
import type { PaxosLimits } from './limits.ts'
import type { PaxosMessage } from './message.ts'
import type { Promised } from './promise.ts'
import { object } from './reconfiguring.ts'
import { recover } from './recovery.ts'
import type { SlotLog } from './slot-log.ts'

/** What a message waits for: nothing, the newest promise, or everything that was written so far. */
export type Gate = 'none' | 'promise' | 'log'

export type Stance = 'follower' | 'canvassing' | 'preparing' | 'leader'

/** What is known to be chosen and not known here; and whom to ask. */
export interface Lesson {
  readonly teacher: NodeId
  readonly through: Index
  askAt: Instant
  /** Who was asked last, since a snapshot could not be had: then one member is asked after the other. */
  askedInTurn: NodeId | undefined
}

export class PaxosState extends ReplicaState {
  readonly limits: PaxosLimits
  readonly log: SlotLog
  readonly configurations: Configurations
  readonly outbox = new Outbox<PaxosMessage, Gate>()

  stance: Stance = 'follower'
  promised: Promised
  /** How far the log was known to be chosen, as the disk has been told. */
  chosenWritten = 0 as Index
  /** The highest ballot that anybody spoke of. */
  highestSeen: Ballot
  campaign: Campaign | undefined
  leadership: Leadership | undefined
  /** What the leader of this ballot said is chosen. */
  heard = { ballot: 0 as Ballot, chosen: 0 as Index }
  lesson: Lesson | undefined
  /** Slots that this step has to tell the leader are accepted. */
  acceptedSlots: Index[] = []
  /** Own proposals by the one slot in which this incarnation proposed them. */
  readonly issued = new Map<Index, ProposalId>()
  loading: { readonly from: Index; readonly to: NodeId } | undefined
  inquiries: Inquiries | undefined

  constructor(options: ConsensusOptions, limits: PaxosLimits) {
    super(options, limits)
    this.limits = limits
    const { log, configurations, promised } = recover(options)
    this.log = log
    this.configurations = configurations
    this.promised = promised
    this.highestSeen = promised.ballot
  }

  /** The first slot of which this node does not know what is chosen. */
  get frontier(): Index {
    return (this.log.chosen + 1) as Index
  }

  /** Who has a say in the slot that is decided next. */
  get voters(): readonly NodeId[] {
    return this.configurations.at(this.frontier).voters
  }

  /** Also those who leave, until what was chosen without them proves that nobody needs them any more. */
  get members(): NodeId[] {
    return this.configurations.members(this.log.chosen)
  }

  /** What makes this node's ballots its own. */
  get seat(): number | undefined {
    return seatFor(this.configurations.newest, this.id)
  }

  /** As an acceptor it speaks for every slot that is not known to be chosen. */
  get isWhole(): boolean {
    return this.inquiries === undefined && this.promised.floor <= this.log.chosen
  }

  get mayCampaign(): boolean {
    return (
      this.isWhole &&
      this.configurations.isKnownAt(this.log.chosen) &&
      this.voters.includes(this.id) &&
      this.seat !== undefined &&
      this.installing === undefined
    )
  }

  send(to: NodeId, message: PaxosMessage, gate: Gate = 'none'): void {
    this.outbox.send(to, message, gate)
  }

  promise(change: Partial<Promised>): void {
    this.promised = { ...this.promised, ...change }
    this.promiseChanged = true
    this.see(this.promised.ballot)
  }

  see(ballot: Ballot): void {
    if (ballot > this.highestSeen) this.highestSeen = ballot
  }

  /** The token that a message waits for; undefined if it may leave at once. */
  tokenOf(gate: Gate): Token | undefined {
    if (gate === 'none') return undefined
    const token = gate === 'promise' ? this.promiseToken : this.lastToken
    return token > this.durableToken ? token : undefined
  }

  /** Whoever leads or attempts to does so no longer; `ballot` is promised if it is higher than what was. */
  becomeFollower(ballot: Ballot, leader: NodeId): void {
    this.#stepDown()
    this.campaign = undefined
    this.stance = 'follower'
    if (ballot > this.ballot) {
      this.promise({ ballot })
      this.acceptedSlots = []
      this.follow(NOBODY)
    }
    this.follow(leader)
    this.restartElectionTimer()
  }

  #stepDown(): void {
    const { leadership } = this
    if (!leadership) return
    abandonReads(this)
    this.leadership = undefined
    this.lesson = undefined
    for (const waiting of leadership.queue) {
      // What was forwarded is refused as a whole, and only if nothing of it was proposed.
      if (waiting.forward?.isBegun) continue
      object(this, waiting, 'busy')
      if (waiting.forward) waiting.forward.isBegun = true
    }
    this.follow(NOBODY)
  }

  deadlineOfRole(): Instant {
    if (this.inquiries) return this.inquiries.repeatAt
    if (!this.leadership) return this.electionAt
    const { peers, beatAt, noticesAt } = this.leadership
    return peers.size === 0 ? NEVER : (Math.min(beatAt, noticesAt) as Instant)
  }
}

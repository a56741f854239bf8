/** What a node keeps only while it leads; it is thrown away as a whole when the node steps down. */
import type { EntryKind } from '../../../core/entry.ts'
import type { Index, NodeId, ProposalId } from '../../../core/ids.ts'
import { type Instant, NEVER } from '../../../core/time.ts'
import type { Membership } from '../../consensus.ts'
import { ReplicaLeadership } from '../../replica/leadership.ts'
import type { Change, RequestId } from '../../replica/request.ts'
import type { Campaign } from './campaign.ts'
import type { PaxosLimits } from './limits.ts'
import type { Peer } from './peer.ts'
import type { SlotLog } from './slot-log.ts'
import { SlotSet } from './slot-set.ts'

/** A forward of several proposals is refused as a whole, or not at all. */
export interface TakenForward {
  readonly from: NodeId
  readonly request: RequestId
  /** One of them was proposed. */
  isBegun: boolean
}

/** Taken, and not proposed in any slot yet. */
export interface Waiting {
  readonly kind: EntryKind
  readonly origin: NodeId
  readonly id: ProposalId
  /** A command, or the context of a change of membership. */
  readonly data: Uint8Array
  readonly change: Change | undefined
  readonly forward: TakenForward | undefined
}

export class Leadership extends ReplicaLeadership {
  /** Phase 1: it goes on for those who have yet to promise. */
  readonly campaign: Campaign
  readonly peers = new Map<NodeId, Peer>()
  /** What this node itself has accepted in this ballot, durably. */
  readonly accepted: SlotSet
  readonly queue: Waiting[] = []
  queueBytes = 0
  /** The slot that is proposed in next. */
  nextSlot: Index
  /** The slot of the newest configuration that was proposed in this ballot; 0: none was. */
  changesAt = 0 as Index
  /** The slots up to here were open when it began: until all are chosen, it does not know what was chosen before. */
  recoveredThrough: Index
  /** A run of slots has begun in which its clock counts (`log-time.ts`), and goes on. */
  isOpen = false
  beatAt: Instant
  /** Since when it has not known what others know to be chosen; `NEVER` if it does. */
  lagsSince: Instant = NEVER
  /** For whose slots enough acceptors have promised. */
  #preparedFor: Membership | undefined
  /** What was known to be chosen when its clock was set. */
  #setAt: Index

  constructor(campaign: Campaign, log: SlotLog, now: Instant, limits: PaxosLimits) {
    super(campaign.ballot, log.time.time, now, limits)
    this.#setAt = log.chosen
    this.campaign = campaign
    this.nextSlot = (campaign.chosen + 1) as Index
    this.recoveredThrough = Math.max(campaign.chosen, campaign.recovered.last) as Index
    this.accepted = new SlotSet(campaign.chosen)
    this.beatAt = now
  }

  /** Until its run begins, its clock goes on from what it last got to know. */
  keepTime({ chosen, time }: SlotLog, now: Instant): void {
    if (this.isOpen || this.#setAt === chosen) return
    this.#setAt = chosen
    this.goOnFrom(time.time, now)
  }

  /** Whether a majority of those who vote in this slot has promised, and told what it accepted there. */
  isPrepared(
    slot: number,
    membership: Membership,
    isMajority: (has: (id: NodeId) => boolean) => boolean,
  ): boolean {
    if (this.#preparedFor === membership) return true
    const { campaign } = this
    if (!isMajority(id => campaign.speaksFor(id, slot))) return false
    if (slot > campaign.highestFloor()) this.#preparedFor = membership
    return true
  }
}

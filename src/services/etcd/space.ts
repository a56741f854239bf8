/**
 * Room: whether this member has any left, and the NOSPACE alarm that tells all the others when it has not. It is raised
 * through the log, and from then on every member refuses what needs room; deleting and compacting go on.
 *
 * Out of room is a member whose store has come to its quota. A disk without room for a checkpoint is the trouble of one
 * machine, which the others can do without: who follows says nothing, and stops when its log finds no room either. Who
 * leads offers that to another, and raises the alarm if it leads still, or again: then those others are no better off.
 *
 * The alarm is lifted in the same way as soon as there is room again, and some to spare, so that it does not come and
 * go with every put. (etcd's has to be disarmed by hand.) What somebody raised by hand is lifted by hand. How much it
 * holds a store reckons, until its files are merged; so one that is nearly full has them merged after a compaction.
 */
import type { NodeId } from '../../core/ids.ts'
import { bug, probe } from '../../core/seams.ts'
import { addMs, type Instant, msBetween } from '../../core/time.ts'
import { AlarmKind, type AlarmOperation } from '../../machines/kv/alarms.ts'
import { encodeCommand } from '../../machines/kv/command-codec.ts'
import { compactedRevision } from '../../machines/kv/revisions.ts'
import type { Timer } from '../../runtime/clock.ts'
import {
  ALARM_LOOK_MS,
  ALARM_TIMEOUT_MS,
  OFFER_AGAIN_MS,
  OFFER_PATIENCE_MS,
  QUOTA_SHARE_TO_LIFT,
  TIDY_MS,
  TIDY_MS_MAX,
} from './limits.ts'
import type { Responder } from './responder.ts'

export class Space {
  readonly #responder: Responder
  readonly #timer: Timer
  /** One proposal at a time: what it is about shows in the state. */
  #isProposing = false
  /** When somebody else was last asked to lead, who may have room. */
  #offeredAt: Instant | undefined
  #offers = 0
  /** The compacted revision for which files were merged, when they will be again, and the pause after that. */
  #tidied = { revision: -1, at: 0 as Instant, pauseMs: TIDY_MS }
  #isTidying = false

  constructor(responder: Responder) {
    const { clock } = responder.options
    this.#responder = responder
    this.#timer = clock.timer(() => this.#look())
    this.#timer.set(addMs(clock.now(), ALARM_LOOK_MS))
  }

  /** Whether this member has no room for what takes so many bytes. Then the others will soon refuse it, too. */
  refuses(costBytes: number): boolean {
    const { quotaBytes } = this.#responder
    const sizeBytes = this.#sizeBytes()
    const isFull = this.#isDiskFull() || (quotaBytes > 0 && sizeBytes + costBytes >= quotaBytes)
    if (!isFull) return false
    probe('etcd: the store was full')
    // A request that is larger than all that is left is no reason to refuse smaller ones.
    if (!this.#hasRoomToSpare()) this.#raise()
    return true
  }

  /** Whether any member's alarm refuses what needs room, as far as this member knows. */
  isAlarmed(): boolean {
    return this.#responder.alarms().some(({ kind }) => kind === AlarmKind.noSpace)
  }

  stop(): void {
    this.#timer.clear()
  }

  #look(): void {
    const { clock } = this.#responder.options
    this.#timer.set(addMs(clock.now(), ALARM_LOOK_MS))
    if (this.#leadsWithoutRoom()) this.#offerLead()
    if (this.#isProposing) return
    if (this.#isOutOfRoom()) this.#raise()
    else this.#liftOwn()
    if (this.#isNearlyFull()) this.#tidy()
    this.#liftOfTheDeparted()
  }

  #isOutOfRoom(): boolean {
    const { quotaBytes } = this.#responder
    return this.#isDiskFull() || (quotaBytes > 0 && this.#sizeBytes() >= quotaBytes)
  }

  #hasRoomToSpare(): boolean {
    return !this.#isNearlyFull() && !this.#isDiskFull()
  }

  #isNearlyFull(): boolean {
    const { quotaBytes } = this.#responder
    return quotaBytes > 0 && this.#sizeBytes() > quotaBytes * QUOTA_SHARE_TO_LIFT
  }

  #raise(): void {
    const member = this.#responder.options.memberId
    if (this.#ownAlarm() !== undefined) return
    this.#propose({ action: 'raise', member, kind: AlarmKind.noSpace, isByHand: false })
  }

  #liftOwn(): void {
    const own = this.#ownAlarm()
    if (own === undefined || own.isByHand || !this.#hasRoomToSpare() || bug('alarm-never-lifted')) return
    probe('etcd: an alarm was lifted since there was room again')
    this.#propose({ ...own, action: 'lift' })
  }

  #tidy(): void {
    const { clock, replica, files } = this.#responder.options
    const revision = compactedRevision(replica.view)
    if (revision !== this.#tidied.revision) this.#tidied = { revision, at: clock.now(), pauseMs: TIDY_MS }
    if (files === undefined || this.#isTidying || clock.now() < this.#tidied.at) return
    this.#isTidying = true
    files.defragment(() => {
      const { pauseMs } = this.#tidied
      this.#isTidying = false
      this.#tidied.at = addMs(clock.now(), pauseMs)
      this.#tidied.pauseMs = Math.min(2 * pauseMs, TIDY_MS_MAX)
    })
  }

  /** A member that is gone for good lifts nothing: who leads does it. */
  #liftOfTheDeparted(): void {
    const { replica } = this.#responder.options
    if (replica.status().role !== 'leader') return
    const { voters, learners } = replica.configuration.membership
    const members: ReadonlySet<bigint> = new Set([...voters, ...learners])
    const left = this.#responder.alarms().find(({ member, isByHand }) => !isByHand && !members.has(member))
    if (left !== undefined) this.#propose({ ...left, action: 'lift' })
  }

  #ownAlarm() {
    const { memberId } = this.#responder.options
    return this.#responder
      .alarms()
      .find(({ member, kind }) => member === memberId && kind === AlarmKind.noSpace)
  }

  #propose(alarm: AlarmOperation): void {
    if (this.#isProposing || !this.#responder.mayPropose('alarm')) return
    this.#isProposing = true
    const { replica, clock } = this.#responder.options
    const deadline = addMs(clock.now(), ALARM_TIMEOUT_MS)
    // What failed is seen at the next look.
    replica.proposeOwn(encodeCommand({ kind: 'alarm', alarm }), deadline, () => {
      this.#isProposing = false
    })
  }

  #sizeBytes(): number {
    return this.#responder.options.replica.sizeBytes()
  }

  /** And nobody else can lead instead. */
  #isDiskFull(): boolean {
    if (!this.#leadsWithoutRoom()) return false
    if (this.#ownAlarm() !== undefined || this.#others().length === 0) return true
    return this.#offeredAt !== undefined && this.#sinceOfferMs(this.#offeredAt) >= OFFER_PATIENCE_MS
  }

  #leadsWithoutRoom(): boolean {
    const { isDiskFull, replica } = this.#responder.options
    return isDiskFull?.() === true && replica.status().role === 'leader'
  }

  /** To each in turn, one a minute: of those who have no room either it comes back. */
  #offerLead(): void {
    const { replica, clock } = this.#responder.options
    if (this.#offeredAt !== undefined && this.#sinceOfferMs(this.#offeredAt) < OFFER_AGAIN_MS) return
    const others = this.#others()
    if (others.length === 0) return
    this.#offeredAt = clock.now()
    replica.transferLeader(others[this.#offers++ % others.length]!)
  }

  #others(): readonly NodeId[] {
    const { replica, memberId } = this.#responder.options
    return replica.status().membership.voters.filter(id => id !== memberId)
  }

  #sinceOfferMs(offeredAt: Instant): number {
    return msBetween(offeredAt, this.#responder.options.clock.now())
  }
}

/**
 * Everything that one Raft node knows, and the few transitions that many rules share. The rules themselves
 * are functions over it, a file for each part of the paper: `elections.ts`, `leading.ts`, `following.ts`,
 * `proposing.ts`, `reading.ts`, `transferring.ts`, `reconfiguring.ts`, `snapshots.ts`, `inquiring.ts`.
 */
import { assert } from '../../core/assert.ts'
import { type Ballot, type Index, NOBODY, type NodeId, type ReadId, type Token } from '../../core/ids.ts'
import type { LogBase } from '../../core/log-update.ts'
import type { Random } from '../../core/prng.ts'
import { buggify, probe } from '../../core/seams.ts'
import type { Instant } from '../../core/time.ts'
import type { ConsensusOptions } from '../consensus.ts'
import { ApplyWindow } from '../replica/apply-window.ts'
import { Forwards, ForwardWindow } from '../replica/forwards.ts'
import { Outbox } from '../replica/outbox.ts'
import { ForwardedReads } from '../replica/read-index.ts'
import type { Configuration } from './configuration.ts'
import { Displaced } from './displaced.ts'
import type { Inquiries } from './inquiries.ts'
import type { Leadership } from './leadership.ts'
import type { RaftLimits } from './limits.ts'
import type { ConfigurationHistory } from './membership-change.ts'
import type { RaftMessage } from './message.ts'
import { isAtLeast, type Promised } from './promise.ts'
import type { RaftLog } from './raft-log.ts'
import { recover } from './recovery.ts'

/** What a message waits for: nothing; the newest promise; that, and the log up to an index. */
export type Gate = 'none' | 'promise' | Index

export type Stance = 'follower' | 'preCandidate' | 'candidate' | 'leader'

/** What part of an ordinary election timeout a node waits after its start. */
const FIRST_WAIT_DIVISOR = 4

export class RaftState {
  readonly id: NodeId
  readonly random: Random
  readonly limits: RaftLimits
  readonly heartbeatMs: number
  readonly electionUs: number
  readonly catchUpEntries: number

  readonly log: RaftLog
  readonly configurations: ConfigurationHistory
  readonly outbox = new Outbox<RaftMessage, Gate>()
  readonly applying: ApplyWindow
  /** Raft figure 2, "commitIndex". May be ahead of what is durable here; what is emitted never is. */
  commitIndex: Index

  now = 0 as Instant
  stance: Stance = 'follower'
  promised: Promised
  promiseChanged = true
  /** The token of the newest promise that was handed out, and of everything that is durable. */
  promiseToken = 0 as Token
  durableToken = 0 as Token
  lastToken = 0 as Token

  leader: NodeId = NOBODY
  leaderHeardAt = 0 as Instant
  /** The newest that a leader of this term has told. */
  epoch = 0
  electionAt = 0 as Instant
  readonly votes = new Map<NodeId, boolean>()
  leadership: Leadership | undefined

  readonly forwards: Forwards
  readonly forwardWindow: ForwardWindow
  readonly displaced = new Displaced()
  readonly forwardedReads = new ForwardedReads()
  /** Reads of this step that the leader has to be asked about. */
  newReads: ReadId[] = []
  /** The terms that this incarnation has led and of which entries may still be open. */
  readonly ledBallots = new Set<Ballot>()
  firstLedBallot: Ballot | undefined

  /** What this step has to tell the leader: the log equals its log up to here. */
  matched: Index | undefined
  installing: Index | undefined
  loading: Index | undefined
  checkpoint: LogBase | undefined
  inquiries: Inquiries | undefined

  constructor(options: ConsensusOptions, limits: RaftLimits) {
    this.id = options.id
    this.random = options.random
    this.limits = limits
    this.heartbeatMs = options.heartbeatIntervalMs
    this.electionUs = Math.max(1, Math.round(options.electionTimeoutMs * 1000))
    this.catchUpEntries = options.catchUpEntries
    const recovered = recover(options)
    this.log = recovered.log
    this.configurations = recovered.configurations
    this.promised = recovered.promised
    this.commitIndex = options.applied.index
    this.applying = new ApplyWindow(options.applied.index, limits)
    this.forwards = new Forwards(limits)
    this.forwardWindow = new ForwardWindow(limits)
  }

  get ballot(): Ballot {
    return this.promised.ballot
  }

  get configuration(): Configuration {
    return this.configurations.current
  }

  /** A node that lost track may not lead before its log has reached what the others had (`inquiries.ts`). */
  get mayCampaign(): boolean {
    const { floor } = this.promised
    if (this.inquiries || (floor && !isAtLeast(this.log.end, floor))) return false
    return this.configurations.mayElect(this.id, this.commitIndex)
  }

  /** Whether the leader has committed an entry of its own term (Raft §8): only then it knows what is committed. */
  get leadsSurely(): boolean {
    return this.leadership !== undefined && this.commitIndex >= this.leadership.firstIndex
  }

  /** Whether the configuration in force is committed. */
  get isSettled(): boolean {
    return this.configurations.currentIndex <= this.commitIndex
  }

  /** A leader's: a change of membership was committed, and not everybody whom it concerns was told. */
  get hasNewsOfMembership(): boolean {
    return this.isSettled && this.leadership!.released !== this.configuration
  }

  send(to: NodeId, message: RaftMessage, gate: Gate = 'none'): void {
    this.outbox.send(to, message, gate)
  }

  promise(change: Partial<Promised>): void {
    this.promised = { ...this.promised, ...change }
    this.promiseChanged = true
  }

  /** The token that a message waits for; undefined if it may leave at once. */
  tokenOf(gate: Gate): Token | undefined {
    if (gate === 'none') return undefined
    const promise = this.promiseToken > this.durableToken ? this.promiseToken : undefined
    const log = gate === 'promise' ? undefined : this.log.tokenFor(gate)
    return log !== undefined && (promise === undefined || log > promise) ? log : promise
  }

  /** Raft §5.2: every wait is drawn anew, so that split votes are rare and soon resolved. */
  restartElectionTimer(): void {
    this.electionAt = (this.now + this.#drawElectionUs()) as Instant
  }

  /**
   * A node that has just started waits a part of the ordinary time: long enough for a living leader to be
   * heard, and where there is none, nobody is waiting for a leader to come back. An attempt that is too
   * early is a pre-vote, which disturbs nobody.
   */
  beginElectionTimer(): void {
    this.electionAt = (this.now + Math.floor(this.#drawElectionUs() / FIRST_WAIT_DIVISOR)) as Instant
  }

  /** Raft §5.2: somewhere between the election timeout and twice that. */
  #drawElectionUs(): number {
    if (buggify('raft: an election waits no longer than it must')) return this.electionUs
    return this.electionUs + this.random.below(this.electionUs)
  }

  /** What was on its way to another leader, or to none, will not be answered any more. */
  follow(leader: NodeId): void {
    if (leader === this.leader) return
    this.leader = leader
    if (this.forwards.size > 0) probe('raft: a leader was lost with forwarded proposals')
    this.forwards.abandon()
    this.outbox.unreadable.push(...this.forwardedReads.abandon())
  }

  /** Raft figure 2, "rules for servers": a higher term makes everybody a follower. */
  becomeFollower(ballot: Ballot, leader: NodeId): void {
    assert(ballot >= this.ballot, 'terms never go back')
    this.#stepDown()
    if (ballot > this.ballot) {
      this.promise({ ballot, vote: NOBODY })
      this.matched = undefined
      this.epoch = 0
      this.follow(NOBODY)
    }
    this.stance = 'follower'
    this.votes.clear()
    this.follow(leader)
    this.restartElectionTimer()
  }

  /** The commit index never goes back, and what it passes no longer weighs on the leader. */
  commitTo(index: Index): void {
    if (index <= this.commitIndex) return
    assert(index <= this.log.lastIndex, 'only what the log holds is committed')
    if (this.leadership) this.leadership.uncommittedBytes -= this.bytesBetween(this.commitIndex, index)
    this.commitIndex = index
  }

  /** Bytes of the entries behind `after`, up to `through`. They are not applied, so they are in memory. */
  bytesBetween(after: Index, through: Index): number {
    let bytes = 0
    for (let index = after + 1; index <= through; index++)
      bytes += this.log.entryAt(index as Index)!.data.length
    return bytes
  }

  #stepDown(): void {
    if (!this.leadership) return
    if (this.leadership.reads.size > 0) probe('raft: a leader stepped down with reads under way')
    for (const read of this.leadership.reads.abandon()) {
      if (read.kind === 'local') this.outbox.unreadable.push(...read.ids)
      else this.send(read.from, { type: 'readRefused', ballot: this.ballot, ...read.request })
    }
    this.leadership = undefined
    this.follow(NOBODY)
  }
}

/**
 * What a Raft node knows besides what every replica does (`../replica/state.ts`), and the few transitions that many
 * rules share. The rules themselves are functions over it, a file for each part of the paper: `elections.ts`,
 * `leading.ts`, `following.ts`, `proposing.ts`, `reading.ts`, `transferring.ts`, `reconfiguring.ts`, `snapshots.ts`,
 * `handing-out.ts`, `inquiring.ts`.
 */
import { assert } from '../../core/assert.ts'
import { type Ballot, type Index, NOBODY, type NodeId, type Token } from '../../core/ids.ts'
import type { ConsensusOptions } from '../consensus.ts'
import { Outbox } from '../replica/outbox.ts'
import { abandonReads } from '../replica/reading.ts'
import { ReplicaState } from '../replica/state.ts'
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

export class RaftState extends ReplicaState {
  readonly limits: RaftLimits
  readonly log: RaftLog
  readonly configurations: ConfigurationHistory
  readonly outbox = new Outbox<RaftMessage, Gate>()
  /** Raft figure 2, "commitIndex". May be ahead of what is durable here; what is emitted never is. */
  commitIndex: Index

  stance: Stance = 'follower'
  promised: Promised
  /** The newest that a leader of this term has told. */
  epoch = 0
  readonly votes = new Map<NodeId, boolean>()
  leadership: Leadership | undefined
  readonly displaced = new Displaced()
  /** The terms that this incarnation has led and of which entries may still be open. */
  readonly ledBallots = new Set<Ballot>()
  /** What this step has to tell the leader: the log equals its log up to here. */
  matched: Index | undefined
  /** Up to where the leader of this term was told by this node that it holds everything, though it does not. */
  missing = 0 as Index
  loading: Index | undefined
  /** Whom this node asked last for a snapshot, and has not had one since. */
  snapshotAskedOf: NodeId | undefined
  inquiries: Inquiries | undefined

  constructor(options: ConsensusOptions, limits: RaftLimits) {
    super(options, limits)
    this.limits = limits
    const recovered = recover(options)
    this.log = recovered.log
    this.configurations = recovered.configurations
    this.promised = recovered.promised
    this.commitIndex = options.applied.index
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

  /** Raft figure 2, "rules for servers": a higher term makes everybody a follower. */
  becomeFollower(ballot: Ballot, leader: NodeId): void {
    assert(ballot >= this.ballot, 'terms never go back')
    this.#stepDown()
    if (ballot > this.ballot) {
      this.promise({ ballot, vote: NOBODY })
      this.matched = undefined
      this.missing = 0 as Index
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
    abandonReads(this)
    this.leadership = undefined
    this.follow(NOBODY)
  }
}

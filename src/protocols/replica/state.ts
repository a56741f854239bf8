/**
 * What a member of a replicated log knows whichever protocol it runs, and the transitions that do not depend on it:
 * whom it follows, when it tries to lead itself, and what its messages wait for. The rules over it are in this folder
 * (`forwarding.ts`, `reading.ts`, `transferring.ts`); a protocol adds what it knows besides, and rules of its own.
 */
import { type Ballot, type Index, NOBODY, type NodeId, type ReadId, type Token } from '../../core/ids.ts'
import type { LogBase } from '../../core/log-update.ts'
import type { Random } from '../../core/prng.ts'
import { buggify, probe } from '../../core/seams.ts'
import type { Instant } from '../../core/time.ts'
import type { ConsensusOptions } from '../consensus.ts'
import type { Answers } from './answers.ts'
import { ApplyWindow } from './apply-window.ts'
import { Forwards, ForwardWindow } from './forwards.ts'
import type { ReplicaLeadership } from './leadership.ts'
import type { ReplicaLimits } from './limits.ts'
import { ForwardedReads } from './read-index.ts'
import type { RequestMessage } from './request.ts'

/** What part of an ordinary election timeout a node waits after its start. */
const FIRST_WAIT_DIVISOR = 4

export abstract class ReplicaState {
  readonly id: NodeId
  readonly random: Random
  readonly heartbeatMs: number
  readonly electionUs: number
  readonly catchUpEntries: number
  abstract readonly limits: ReplicaLimits

  abstract readonly outbox: Answers
  readonly applying: ApplyWindow

  now = 0 as Instant
  abstract promised: { readonly ballot: Ballot; readonly incarnation: number }
  promiseChanged = true
  /** The token of the newest promise that was handed out, and of everything that is durable. */
  promiseToken = 0 as Token
  durableToken = 0 as Token
  lastToken = 0 as Token

  leader: NodeId = NOBODY
  leaderHeardAt = 0 as Instant
  electionAt = 0 as Instant
  abstract leadership: ReplicaLeadership | undefined
  /** The first ballot that this incarnation has led. */
  firstLedBallot: Ballot | undefined

  readonly forwards: Forwards
  readonly forwardWindow: ForwardWindow
  readonly forwardedReads = new ForwardedReads()
  /** Reads of this step that the leader has to be asked about. */
  newReads: ReadId[] = []

  /** The snapshot that is being installed. */
  installing: Index | undefined
  checkpoint: LogBase | undefined

  constructor(options: ConsensusOptions, limits: ReplicaLimits) {
    this.id = options.id
    this.random = options.random
    this.heartbeatMs = options.heartbeatIntervalMs
    this.electionUs = Math.max(1, Math.round(options.electionTimeoutMs * 1000))
    this.catchUpEntries = options.catchUpEntries
    this.applying = new ApplyWindow(options.applied.index, limits)
    this.forwards = new Forwards(limits)
    this.forwardWindow = new ForwardWindow(limits)
  }

  get ballot(): Ballot {
    return this.promised.ballot
  }

  /** A message waits for nothing, or for the newest promise. */
  abstract send(to: NodeId, message: RequestMessage, gate?: 'none' | 'promise'): void

  /** Every wait is drawn anew, so that attempts seldom meet, and then not again (Raft §5.2). */
  restartElectionTimer(): void {
    this.electionAt = (this.now + this.#drawElectionUs()) as Instant
  }

  /**
   * A node that has just started waits a part of the ordinary time: long enough for a living leader to be heard, and
   * where there is none, nobody is waiting for a leader to come back. An attempt that is too early begins with a
   * question, which disturbs nobody.
   */
  beginElectionTimer(): void {
    this.electionAt = (this.now + Math.floor(this.#drawElectionUs() / FIRST_WAIT_DIVISOR)) as Instant
  }

  /** Somewhere between the election timeout and twice that. */
  #drawElectionUs(): number {
    if (buggify('replica: an election waits no longer than it must')) return this.electionUs
    return this.electionUs + this.random.below(this.electionUs)
  }

  /** What was on its way to another leader, or to none, will not be answered any more. */
  follow(leader: NodeId): void {
    if (leader === this.leader) return
    this.leader = leader
    if (this.forwards.size > 0) probe('replica: a leader was lost with forwarded proposals')
    this.forwards.abandon()
    this.outbox.unreadable.push(...this.forwardedReads.abandon())
  }

  /** Gives up waiting for a leader that has been silent about what it was asked for long enough. */
  expireRequests(): void {
    this.forwards.expire(this.now)
    const expired = this.forwardedReads.expired(this.now)
    if (expired.length > 0) probe('replica: a leader never answered a forwarded read')
    this.outbox.unreadable.push(...expired)
  }
}

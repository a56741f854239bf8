/** What a leader keeps only while it leads, in any protocol; it is thrown away as a whole when the node steps down. */
import type { Ballot, NodeId } from '../../core/ids.ts'
import { type ClusterTime, type Instant, msBetween, NEVER } from '../../core/time.ts'
import type { ReplicaLimits } from './limits.ts'
import { ReadRounds } from './read-index.ts'

export interface Transfer {
  readonly to: NodeId
  readonly abortAt: Instant
  /** The target has been told to take over. */
  isTold: boolean
}

export class ReplicaLeadership {
  readonly ballot: Ballot
  readonly reads: ReadRounds
  /** When the others are told what is committed, unless a message tells them before; `NEVER` if they know. */
  noticesAt: Instant = NEVER
  transfer: Transfer | undefined
  #since: Instant
  #startTime: ClusterTime

  constructor(ballot: Ballot, startTime: ClusterTime, now: Instant, limits: ReplicaLimits) {
    this.ballot = ballot
    this.reads = new ReadRounds(limits)
    this.#since = now
    this.#startTime = startTime
  }

  /** The log's time goes on from where the leader found it, at the pace of the leader's own clock. */
  timeAt(now: Instant): ClusterTime {
    return (this.#startTime + Math.floor(msBetween(this.#since, now))) as ClusterTime
  }

  /** The log had come further than the leader knew when it began: its time goes on from there. */
  protected goOnFrom(time: ClusterTime, now: Instant): void {
    this.#startTime = time
    this.#since = now
  }
}

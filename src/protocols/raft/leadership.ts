/** What a node keeps only while it leads; it is thrown away as a whole when the node steps down. */
import type { Ballot, Index, NodeId } from '../../core/ids.ts'
import { type ClusterTime, type Instant, msBetween, NEVER } from '../../core/time.ts'
import { ReadRounds } from '../replica/read-index.ts'
import type { Configuration } from './configuration.ts'
import type { RaftLimits } from './limits.ts'
import type { Progress } from './progress.ts'

export interface Transfer {
  readonly to: NodeId
  readonly abortAt: Instant
  /** The target has been told to campaign. */
  told: boolean
}

export class Leadership {
  readonly ballot: Ballot
  /** The no-op with which the leadership began. Once it is committed, everything before it is known to be. */
  readonly firstIndex: Index
  readonly progress = new Map<NodeId, Progress>()
  readonly reads: ReadRounds
  heartbeatAt: Instant
  /** When followers are told what is committed, unless an append tells them before; `NEVER` if they know. */
  noticesAt: Instant = NEVER
  /** How often it was asked by somebody who may have forgotten what it acknowledged (`inquiries.ts`). */
  epoch = 0
  transfer: Transfer | undefined
  /** The committed configuration of which everybody has been told, those included who left with it. */
  released: Configuration | undefined
  /** Bytes of entries behind the commit index. */
  uncommittedBytes = 0
  readonly #since: Instant
  readonly #startTime: ClusterTime

  constructor(ballot: Ballot, firstIndex: Index, startTime: ClusterTime, now: Instant, limits: RaftLimits) {
    this.ballot = ballot
    this.firstIndex = firstIndex
    this.reads = new ReadRounds(limits)
    this.heartbeatAt = now
    this.#since = now
    this.#startTime = startTime
  }

  /** The log's time goes on from where the leader found it, at the pace of the leader's own clock. */
  timeAt(now: Instant): ClusterTime {
    return (this.#startTime + Math.floor(msBetween(this.#since, now))) as ClusterTime
  }
}

/** What a node keeps only while it leads; it is thrown away as a whole when the node steps down. */
import type { Ballot, Index, NodeId } from '../../core/ids.ts'
import type { ClusterTime, Instant } from '../../core/time.ts'
import { ReplicaLeadership } from '../replica/leadership.ts'
import type { Configuration } from './configuration.ts'
import type { RaftLimits } from './limits.ts'
import type { Progress } from './progress.ts'

export class Leadership extends ReplicaLeadership {
  /** The no-op with which the leadership began. Once it is committed, everything before it is known to be. */
  readonly firstIndex: Index
  readonly progress = new Map<NodeId, Progress>()
  heartbeatAt: Instant
  /** How often it was asked by somebody who may have forgotten what it acknowledged (`inquiries.ts`). */
  epoch = 0
  /** The committed configuration of which everybody has been told, those included who left with it. */
  released: Configuration | undefined
  /** Bytes of entries behind the commit index. */
  uncommittedBytes = 0

  constructor(ballot: Ballot, firstIndex: Index, startTime: ClusterTime, now: Instant, limits: RaftLimits) {
    super(ballot, startTime, now, limits)
    this.firstIndex = firstIndex
    this.heartbeatAt = now
  }
}

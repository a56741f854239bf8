/** What the service counts, as plain numbers; `metrics.ts` renders them when somebody asks. */
import type { NodeId } from '../../core/ids.ts'
import { NOBODY } from '../../core/ids.ts'
import type { Change } from '../../machines/kv/changes.ts'
import type { GrpcStatus } from '../../wire/grpc/status.ts'

const STATUSES = 17

export class EtcdCounters {
  /** Calls by path: how many began, and how many ended with which status. */
  readonly calls = new Map<string, CallCounts>()
  proposalsPending = 0
  proposalsFailed = 0
  leaderChanges = 0
  /** Open streams of watches, watches on them, and how many of those have to catch up. */
  watchStreams = 0
  watchers = 0
  slowWatchers = 0
  /** What this member has applied: keys put, keys deleted, and revisions, each of which was one transaction. */
  puts = 0
  deletes = 0
  writeTxns = 0
  /** Events that were sent to watchers. */
  watchEvents = 0
  #leader: NodeId = NOBODY

  register(path: string, type: CallCounts['type'] = 'unary'): void {
    this.calls.set(path, { type, started: 0, handled: new Array<number>(STATUSES).fill(0) })
  }

  started(path: string): void {
    this.calls.get(path)!.started++
  }

  handled(path: string, status: GrpcStatus): void {
    this.calls.get(path)!.handled[status]!++
  }

  /** Tell it of everything that is applied, in order. */
  changed(changes: readonly Change[]): void {
    let last = 0
    for (const { deleted, revision } of changes) {
      if (deleted) this.deletes++
      else this.puts++
      if (revision.main !== last) this.writeTxns++
      last = revision.main
    }
  }

  /** Tell it whom the group takes for the leader, whenever that may have changed. */
  leaderSeen(leader: NodeId): void {
    if (leader === this.#leader) return
    this.#leader = leader
    // As etcd counts: losing the leader is not a change, finding one is.
    if (leader !== NOBODY) this.leaderChanges++
  }
}

export interface CallCounts {
  /** As gRPC's metrics call it. */
  readonly type: 'unary' | 'bidi_stream'
  started: number
  /** By gRPC status. */
  readonly handled: number[]
}

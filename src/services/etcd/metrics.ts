/**
 * The service's numbers as Prometheus text (exposition format 0.0.4). A series has etcd's name only where it
 * means what it means there, so that existing dashboards and `etcdctl check` read it rightly.
 */
import { EMPTY } from '../../core/bytes.ts'
import { NOBODY } from '../../core/ids.ts'
import { countNow, readPoint } from '../../machines/kv/read-point.ts'
import type { ReplicaStatus } from '../../replication/replica.ts'
import type { EtcdCounters } from './counters.ts'
import { type EtcdOptions, quotaOf } from './options.ts'
import { ETCD_CLUSTER_VERSION, ETCD_VERSION } from './version.ts'

/** What is read at the moment of rendering, besides the counters. */
export interface Gauges {
  readonly status: ReplicaStatus
  readonly memberId: bigint
  readonly sizeBytes: number
  readonly quotaBytes: number
  readonly keys: number
  readonly revision: number
  readonly compactRevision: number
  /** Absent where there is no process to ask (the simulator). */
  readonly residentMemoryBytes?: number
}

/** Everything that the service can read of itself. */
export function gaugesOf(options: EtcdOptions): Gauges {
  const { replica, memberId } = options
  const at = readPoint(replica.view)
  return {
    status: replica.status(),
    memberId,
    sizeBytes: replica.sizeBytes(),
    quotaBytes: Math.max(0, quotaOf(options)),
    keys: countNow(at, { kind: 'span', from: EMPTY, to: undefined }),
    revision: at.current,
    compactRevision: at.compacted,
  }
}

export function renderMetrics(counters: EtcdCounters, gauges: Gauges): string {
  const { status, memberId } = gauges
  const lines: string[] = []
  const add = (kind: 'counter' | 'gauge', name: string, help: string, value: number, labels = ''): void => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`, `${name}${labels} ${value}`)
  }
  const flag = (value: boolean): number => (value ? 1 : 0)
  add('gauge', 'etcd_server_has_leader', 'Whether a leader is known.', flag(status.leader !== NOBODY))
  add('gauge', 'etcd_server_is_leader', 'Whether this member leads.', flag(status.role === 'leader'))
  add('gauge', 'etcd_server_is_learner', 'Whether this member learns.', flag(status.role === 'learner'))
  add('counter', 'etcd_server_leader_changes_seen_total', 'Leaders that came.', counters.leaderChanges)
  add('gauge', 'etcd_server_proposals_committed_total', 'The commit index.', status.commitIndex)
  add('gauge', 'etcd_server_proposals_applied_total', 'The applied index.', status.appliedIndex)
  add('gauge', 'etcd_server_proposals_pending', 'Proposals without an answer yet.', counters.proposalsPending)
  add('counter', 'etcd_server_proposals_failed_total', 'Proposals that failed.', counters.proposalsFailed)
  add('gauge', 'etcd_server_quota_backend_bytes', 'Bytes above which puts are refused.', gauges.quotaBytes)
  add('gauge', 'etcd_server_id', 'This member.', 1, `{server_id="${memberId.toString(16)}"}`)
  add('gauge', 'etcd_server_version', 'The API.', 1, `{server_version="${ETCD_VERSION}"}`)
  add('gauge', 'etcd_cluster_version', 'The API.', 1, `{cluster_version="${ETCD_CLUSTER_VERSION}"}`)
  add('gauge', 'etcd_mvcc_db_total_size_in_bytes', 'Bytes of keys and values held.', gauges.sizeBytes)
  add('gauge', 'etcd_debugging_mvcc_keys_total', 'Keys at the newest revision.', gauges.keys)
  add('gauge', 'etcd_debugging_mvcc_current_revision', 'The newest revision.', gauges.revision)
  add('gauge', 'etcd_debugging_mvcc_compact_revision', 'The last compaction.', gauges.compactRevision)
  add('gauge', 'etcd_debugging_mvcc_watch_stream_total', 'Open watch streams.', counters.watchStreams)
  add('gauge', 'etcd_debugging_mvcc_watcher_total', 'Watchers.', counters.watchers)
  add('gauge', 'etcd_debugging_mvcc_slow_watcher_total', 'Watchers that catch up.', counters.slowWatchers)
  add('counter', 'etcd_debugging_mvcc_events_total', 'Events sent to watchers.', counters.watchEvents)
  if (gauges.residentMemoryBytes !== undefined) {
    add('gauge', 'process_resident_memory_bytes', 'Memory of the process.', gauges.residentMemoryBytes)
  }
  lines.push(...callLines(counters))
  return `${lines.join('\n')}\n`
}

/** gRPC's names of its statuses, by number. */
const STATUS_NAMES = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
]

function callLines({ calls }: EtcdCounters): string[] {
  const started = [
    '# HELP grpc_server_started_total Calls that began.',
    '# TYPE grpc_server_started_total counter',
  ]
  const handled = [
    '# HELP grpc_server_handled_total Calls that ended.',
    '# TYPE grpc_server_handled_total counter',
  ]
  for (const [path, counts] of calls) {
    const [, service, method] = path.split('/')
    const labels = `grpc_method="${method}",grpc_service="${service}",grpc_type="${counts.type}"`
    started.push(`grpc_server_started_total{${labels}} ${counts.started}`)
    for (const [status, count] of counts.handled.entries()) {
      if (count === 0) continue
      handled.push(`grpc_server_handled_total{grpc_code="${STATUS_NAMES[status]}",${labels}} ${count}`)
    }
  }
  return [...started, ...handled]
}

/**
 * The service's numbers as Prometheus text (exposition format 0.0.4). A series has etcd's name only where it
 * means what it means there, so that existing dashboards and `etcdctl check` read it rightly.
 */
import { EMPTY } from '../../core/bytes.ts'
import type { Histogram } from '../../core/histogram.ts'
import { NOBODY } from '../../core/ids.ts'
import type { Traffic } from '../../core/traffic.ts'
import { countNow, readPoint } from '../../machines/kv/read-point.ts'
import type { PeerMeasures } from '../../replication/peers/index.ts'
import type { ReplicaStatus } from '../../replication/replica.ts'
import type { ProcessUsage } from '../../runtime/process-usage.ts'
import { addCalls } from './call-metrics.ts'
import type { EtcdCounters } from './counters.ts'
import { Exposition } from './exposition.ts'
import { EtcdPaths } from './method-paths.ts'
import { type EtcdOptions, fileBytesOf, quotaOf } from './options.ts'
import { ETCD_CLUSTER_VERSION, ETCD_VERSION } from './version.ts'

/** What is read at the moment of rendering, besides the counters. */
export interface Gauges {
  readonly status: ReplicaStatus
  readonly memberId: bigint
  readonly sizeBytes: number
  /** What the store takes on the disk; no less than what it holds, as the status tells it. */
  readonly fileBytes: number
  readonly cacheBytes: number
  readonly quotaBytes: number
  readonly keys: number
  readonly revision: number
  readonly compactRevision: number
}

/** What is measured around the service. */
export interface Measures {
  /** How long the disk took to make batches of the log durable, in seconds. */
  readonly syncTimes: Histogram
  readonly peerTraffic: Traffic
  readonly clientTraffic: Traffic
  readonly peers: () => readonly PeerMeasures[]
  /** Absent where there is no process to ask (the simulator). */
  readonly process: ProcessUsage | undefined
  /** By path; empty unless calls are timed. */
  readonly callTimes: ReadonlyMap<string, Histogram>
}

/** Everything that the service can read of itself. */
export function gaugesOf(options: EtcdOptions): Gauges {
  const { replica, memberId } = options
  const sizeBytes = Math.round(replica.sizeBytes())
  const at = readPoint(replica.view)
  return {
    status: replica.status(),
    memberId,
    sizeBytes,
    fileBytes: Math.round(fileBytesOf(options)),
    cacheBytes: options.files?.cacheBytes ?? 0,
    quotaBytes: Math.max(0, quotaOf(options)),
    keys: countNow(at, { kind: 'span', from: EMPTY, to: undefined }),
    revision: at.current,
    compactRevision: at.compacted,
  }
}

export function renderMetrics(counters: EtcdCounters, gauges: Gauges, measures: Measures): string {
  const to = new Exposition()
  addServer(to, counters, gauges)
  addStore(to, counters, gauges)
  to.family('histogram', SYNC_NAME, 'How long it took to make a batch of the log durable.')
  to.buckets(SYNC_NAME, '', measures.syncTimes)
  addTraffic(to, measures)
  addPeers(to, gauges.memberId, measures.peers())
  if (measures.process !== undefined) addProcess(to, measures.process)
  addCalls(to, counters, measures.callTimes)
  return to.text()
}

const SYNC_NAME = 'etcd_disk_wal_fsync_duration_seconds'
const ACTIVE_NAME = 'etcd_network_active_peers'
const DISCONNECTED_NAME = 'etcd_network_disconnected_peers_total'
const SENT_FAILURES_NAME = 'etcd_network_peer_sent_failures_total'
const ROUND_TRIP_NAME = 'etcd_network_peer_round_trip_time_seconds'

function addServer(to: Exposition, counters: EtcdCounters, { status, memberId, quotaBytes }: Gauges): void {
  const flag = (value: boolean): number => (value ? 1 : 0)
  to.add('gauge', 'etcd_server_has_leader', 'Whether a leader is known.', flag(status.leader !== NOBODY))
  to.add('gauge', 'etcd_server_is_leader', 'Whether this member leads.', flag(status.role === 'leader'))
  to.add('gauge', 'etcd_server_is_learner', 'Whether this member learns.', flag(status.role === 'learner'))
  to.add('counter', 'etcd_server_leader_changes_seen_total', 'Leaders that came.', counters.leaderChanges)
  to.add('gauge', 'etcd_server_proposals_committed_total', 'The commit index.', status.commitIndex)
  to.add('gauge', 'etcd_server_proposals_applied_total', 'The applied index.', status.appliedIndex)
  to.add('gauge', 'etcd_server_proposals_pending', 'Proposals without an answer.', counters.proposalsPending)
  to.add('counter', 'etcd_server_proposals_failed_total', 'Proposals that failed.', counters.proposalsFailed)
  to.add('gauge', 'etcd_server_quota_backend_bytes', 'Bytes above which puts are refused.', quotaBytes)
  to.add('gauge', 'etcd_server_id', 'This member.', 1, `server_id="${memberId.toString(16)}"`)
  to.add('gauge', 'etcd_server_version', 'The API.', 1, `server_version="${ETCD_VERSION}"`)
  to.add('gauge', 'etcd_cluster_version', 'The API.', 1, `cluster_version="${ETCD_CLUSTER_VERSION}"`)
}

function addStore(to: Exposition, counters: EtcdCounters, gauges: Gauges): void {
  const { calls } = counters
  const { sizeBytes, fileBytes, cacheBytes } = gauges
  to.add('gauge', 'etcd_mvcc_db_total_size_in_bytes', 'Bytes of the store on the disk.', fileBytes)
  to.add('gauge', 'etcd_mvcc_db_total_size_in_use_in_bytes', 'Bytes of keys and values held.', sizeBytes)
  to.add('gauge', 'quorate_store_cache_bytes', 'Memory of blocks that were read.', cacheBytes)
  to.add('counter', 'etcd_mvcc_put_total', 'Keys put, as applied here.', counters.puts)
  to.add('counter', 'etcd_mvcc_delete_total', 'Keys deleted, as applied here.', counters.deletes)
  to.add('counter', 'etcd_mvcc_txn_total', 'Revisions, as applied here.', counters.writeTxns)
  const ranges = calls.get(EtcdPaths.range)?.started ?? 0
  to.add('counter', 'etcd_mvcc_range_total', 'Ranges that were asked for here.', ranges)
  to.add('gauge', 'etcd_debugging_mvcc_keys_total', 'Keys at the newest revision.', gauges.keys)
  to.add('gauge', 'etcd_debugging_mvcc_current_revision', 'The newest revision.', gauges.revision)
  to.add('gauge', 'etcd_debugging_mvcc_compact_revision', 'The last compaction.', gauges.compactRevision)
  to.add('gauge', 'etcd_debugging_mvcc_watch_stream_total', 'Open watch streams.', counters.watchStreams)
  to.add('gauge', 'etcd_debugging_mvcc_watcher_total', 'Watchers.', counters.watchers)
  to.add('gauge', 'etcd_debugging_mvcc_slow_watcher_total', 'Watchers that catch up.', counters.slowWatchers)
  to.add('counter', 'etcd_debugging_mvcc_events_total', 'Events sent to watchers.', counters.watchEvents)
}

function addTraffic(to: Exposition, { clientTraffic, peerTraffic }: Measures): void {
  const add = (who: string, traffic: Traffic, help: string): void => {
    to.add('counter', `etcd_network_${who}_received_bytes_total`, `${help} received.`, traffic.receivedBytes)
    to.add('counter', `etcd_network_${who}_sent_bytes_total`, `${help} sent.`, traffic.sentBytes)
  }
  add('client_grpc', clientTraffic, "Bytes of clients' messages")
  add('peer', peerTraffic, 'Bytes of frames, of all peers together,')
}

/** A node alone has none of these, as in etcd. */
function addPeers(to: Exposition, memberId: bigint, peers: readonly PeerMeasures[]): void {
  if (peers.length === 0) return
  const each = (
    name: string,
    labels: (peer: string) => string,
    value: (peer: PeerMeasures) => number,
  ): void => {
    for (const peer of peers) to.series(name, labels(peer.id.toString(16)), value(peer))
  }
  const pair = (peer: string): string => `Local="${memberId.toString(16)}",Remote="${peer}"`
  const target = (peer: string): string => `To="${peer}"`
  to.family('gauge', ACTIVE_NAME, 'Whether messages to a peer have a way.')
  each(ACTIVE_NAME, pair, peer => (peer.isUp ? 1 : 0))
  to.family('counter', DISCONNECTED_NAME, 'How often a peer seemed to be lost.')
  each(DISCONNECTED_NAME, pair, peer => peer.losses)
  to.family('counter', SENT_FAILURES_NAME, 'Messages to a peer that had no way or no room.')
  each(SENT_FAILURES_NAME, target, peer => peer.droppedMessages)
  to.family('histogram', ROUND_TRIP_NAME, 'How long it takes to a peer and back.')
  for (const { id, roundTripTimes } of peers) {
    to.buckets(ROUND_TRIP_NAME, target(id.toString(16)), roundTripTimes)
  }
}

/** As Prometheus' own client libraries have them. */
function addProcess(to: Exposition, usage: ProcessUsage): void {
  to.add('gauge', 'process_resident_memory_bytes', 'Memory of the process.', usage.residentMemoryBytes)
  to.add('counter', 'process_cpu_seconds_total', 'Processor time, of all threads.', usage.cpuSeconds)
  to.add('gauge', 'process_start_time_seconds', 'When it began, since 1970.', usage.startedAtSeconds)
  to.add('gauge', 'process_max_fds', 'Files that may be open.', usage.openFilesMax)
  if (usage.openFiles !== undefined) to.add('gauge', 'process_open_fds', 'Open files.', usage.openFiles)
}

import { describe, expect, test } from 'vitest'
import { QuorateError } from '../../core/errors.ts'
import { Histogram } from '../../core/histogram.ts'
import type { NodeId } from '../../core/ids.ts'
import { utf8Text } from '../../core/utf8.ts'
import { ReplicaErrors } from '../../replication/replica.ts'
import type { HttpResponse } from '../../wire/http1/http-handler.ts'
import { createGateway } from './gateway/gateway.ts'
import { createHttpHandler } from './http.ts'
import { EtcdPaths } from './method-paths.ts'
import { gaugesOf, type Measures, renderMetrics } from './metrics.ts'
import { text, World } from './testing/world.ts'

function ask(world: World, target: string, method = 'GET'): () => { status: number; body: string } {
  const [path, query] = target.split('?') as [string, string | undefined]
  const request = {
    method,
    path,
    query: query ?? '',
    header: () => undefined,
    remote: '',
    body: new Uint8Array(0),
  }
  const responses: HttpResponse[] = []
  createHttpHandler(
    world.options,
    () => 'metrics\n',
    createGateway(world.clock, world.methods),
  )(request, {
    respond: response => responses.push(response),
    begin: () => expect.unreachable('a probe is answered whole'),
    onGone: null,
  })
  return () => {
    expect(responses).toHaveLength(1)
    return { status: responses[0]!.status, body: utf8Text(responses[0]!.body) }
  }
}

const leaderless = { leader: 0n as NodeId, role: 'follower' } as const

describe('/health', () => {
  test('is good once a read barrier was passed', () => {
    const world = new World()
    world.replica.holds = true
    const answer = ask(world, '/health')
    expect(world.replica.barriers).toBe(1)
    world.replica.reads[0]!.done(null)
    expect(answer()).toEqual({ status: 200, body: '{"health":"true","reason":""}' })
  })

  test('needs no barrier if a serializable read will do', () => {
    const world = new World()
    expect(ask(world, '/health?serializable=true')().status).toBe(200)
    expect(world.replica.barriers).toBe(0)
    ask(world, '/health?serializable=false')
    expect(world.replica.barriers).toBe(1)
  })

  test('is bad without a leader, and when the barrier cannot be passed', () => {
    const world = new World()
    world.replica.fakeStatus = leaderless
    const bad = { status: 503, body: '{"health":"false","reason":"RAFT NO LEADER"}' }
    expect(ask(world, '/health')()).toEqual(bad)
    expect(ask(world, '/health?serializable=true')().status, 'it is about this member').toBe(200)
    world.replica.fakeStatus = {}
    world.replica.holds = true
    const answer = ask(world, '/health')
    world.replica.reads[0]!.done(new QuorateError(ReplicaErrors.timeout, 'late'))
    expect(answer()).toEqual({
      status: 503,
      body: '{"health":"false","reason":"RANGE ERROR:etcdserver: request timed out"}',
    })
  })
})

describe('probes', () => {
  test('/livez is good as long as the process answers', () => {
    const world = new World()
    world.replica.fakeStatus = leaderless
    expect(ask(world, '/livez')()).toEqual({ status: 200, body: 'ok\n' })
  })

  test('/readyz is good while linearizable reads are', () => {
    const world = new World()
    expect(ask(world, '/readyz')()).toEqual({ status: 200, body: 'ok\n' })
    expect(ask(world, '/readyz?verbose')().body).toBe(
      '[+]data_corruption ok\n[+]serializable_read ok\n[+]linearizable_read ok\n[+]non_learner ok\nok\n',
    )
    world.replica.fakeStatus = leaderless
    expect(ask(world, '/readyz')()).toEqual({
      status: 503,
      body:
        '[+]data_corruption ok\n[+]serializable_read ok\n' +
        '[-]linearizable_read failed: etcdserver: no leader\n[+]non_learner ok\n',
    })
  })

  test('a learner lives, and is not ready', () => {
    const world = new World()
    world.replica.fakeStatus = { role: 'learner' }
    expect(ask(world, '/livez')().status).toBe(200)
    expect(ask(world, '/readyz')()).toMatchObject({
      status: 503,
      body: expect.stringContaining('[-]non_learner'),
    })
  })

  test('checks may be left out, and asked for one by one', () => {
    const world = new World()
    world.replica.fakeStatus = { ...leaderless, role: 'learner' }
    const without = ask(world, '/readyz?exclude=linearizable_read&verbose&exclude=non_learner')()
    expect(without).toEqual({ status: 200, body: '[+]data_corruption ok\n[+]serializable_read ok\nok\n' })
    expect(ask(world, '/readyz/serializable_read')().status).toBe(200)
    expect(ask(world, '/readyz/linearizable_read')().status).toBe(503)
    expect(ask(world, '/livez/serializable_read?verbose')().body).toBe('[+]serializable_read ok\nok\n')
    expect(ask(world, '/livez/linearizable_read')().status).toBe(404)
  })
})

test('/version names the etcd that is spoken', () => {
  const { status, body } = ask(new World(), '/version')()
  expect(status).toBe(200)
  expect(Object.keys(JSON.parse(body))).toEqual(['etcdserver', 'etcdcluster', 'storage'])
})

test('what is not there is not found, and what is there is only read', () => {
  expect(ask(new World(), '/v2/keys')().status).toBe(404)
  expect(ask(new World(), '/health', 'POST')().status).toBe(405)
})

function measures(): Measures {
  const syncTimes = new Histogram([0.001, 0.002])
  // Exact in binary, so that their sum is.
  syncTimes.observe(2 ** -10)
  syncTimes.observe(2 ** -9)
  const roundTripTimes = new Histogram([0.1])
  roundTripTimes.observe(0.05)
  const put = new Histogram([0.1])
  put.observe(0.05)
  return {
    syncTimes,
    peerTraffic: { sentBytes: 1, receivedBytes: 2 },
    clientTraffic: { sentBytes: 3, receivedBytes: 4 },
    peers: () => [{ id: 0xabn as NodeId, isUp: true, losses: 5, droppedMessages: 6, roundTripTimes }],
    process: {
      residentMemoryBytes: 5e7,
      cpuSeconds: 1.5,
      startedAtSeconds: 1e9,
      openFiles: 20,
      openFilesMax: 1024,
    },
    callTimes: new Map([[EtcdPaths.put, put]]),
  }
}

test('/metrics has etcd’s names, one kind and one line for each series', () => {
  const world = new World()
  world.put({ key: text('k') })
  world.put({})
  world.counters.leaderSeen(1n as NodeId)
  world.counters.leaderSeen(0n as NodeId)
  world.counters.leaderSeen(2n as NodeId)
  world.replica.fakeSizeBytes = 12345
  const files = { bytes: 0, cacheBytes: 678, defragment: () => expect.unreachable('nobody asked for it') }
  const rendered = renderMetrics(world.counters, gaugesOf({ ...world.options, files }), measures())
  const lines = rendered.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  const series = new Map(lines.map(line => line.split(/ (?=[^ ]+$)/) as [string, string]))
  expect(series.size).toBe(lines.length)
  const put = 'grpc_method="Put",grpc_service="etcdserverpb.KV",grpc_type="unary"'
  expect(Object.fromEntries(series)).toMatchObject({
    etcd_server_has_leader: '1',
    etcd_server_is_leader: '1',
    etcd_server_leader_changes_seen_total: '2',
    etcd_server_proposals_committed_total: '1',
    etcd_server_proposals_applied_total: '1',
    etcd_server_proposals_pending: '0',
    etcd_server_proposals_failed_total: '0',
    etcd_mvcc_db_total_size_in_bytes: '12345',
    etcd_mvcc_db_total_size_in_use_in_bytes: '12345',
    quorate_store_cache_bytes: '678',
    etcd_debugging_mvcc_keys_total: '1',
    etcd_debugging_mvcc_current_revision: '2',
    etcd_debugging_mvcc_compact_revision: '-1',
    etcd_server_quota_backend_bytes: '2147483648',
    etcd_mvcc_put_total: '1',
    etcd_mvcc_txn_total: '1',
    etcd_mvcc_delete_total: '0',
    etcd_mvcc_range_total: '0',
    'etcd_disk_wal_fsync_duration_seconds_bucket{le="0.001"}': '1',
    'etcd_disk_wal_fsync_duration_seconds_bucket{le="+Inf"}': '2',
    etcd_disk_wal_fsync_duration_seconds_sum: '0.0029296875',
    etcd_disk_wal_fsync_duration_seconds_count: '2',
    etcd_network_client_grpc_received_bytes_total: '4',
    etcd_network_client_grpc_sent_bytes_total: '3',
    etcd_network_peer_received_bytes_total: '2',
    etcd_network_peer_sent_bytes_total: '1',
    'etcd_network_active_peers{Local="a1",Remote="ab"}': '1',
    'etcd_network_disconnected_peers_total{Local="a1",Remote="ab"}': '5',
    'etcd_network_peer_sent_failures_total{To="ab"}': '6',
    'etcd_network_peer_round_trip_time_seconds_bucket{To="ab",le="0.1"}': '1',
    'etcd_network_peer_round_trip_time_seconds_count{To="ab"}': '1',
    process_resident_memory_bytes: '50000000',
    process_cpu_seconds_total: '1.5',
    process_open_fds: '20',
    process_max_fds: '1024',
    'grpc_server_handling_seconds_bucket{grpc_method="Put",grpc_service="etcdserverpb.KV",grpc_type="unary",le="0.1"}':
      '1',
    [`grpc_server_started_total{${put}}`]: '2',
    [`grpc_server_handled_total{grpc_code="OK",${put}}`]: '1',
    [`grpc_server_handled_total{grpc_code="InvalidArgument",${put}}`]: '1',
  })
  for (const line of rendered.split('\n')) {
    expect(line).toMatch(/^$|^# (HELP|TYPE) [a-z_]+ .+$|^[a-z_]+(\{([a-zA-Z_]+="[^"]*",?)+\})? -?[0-9.e+]+$/)
  }
  // A histogram has three names under one.
  const families = new Set(lines.map(line => line.split(/[{ ]/)[0]!.replace(/_(bucket|sum|count)$/, '')))
  expect(rendered.match(/# TYPE/g)).toHaveLength(families.size)
  expect([...world.counters.calls.keys()].toSorted()).toEqual(Object.values(EtcdPaths).toSorted())
})

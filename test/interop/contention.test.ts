/**
 * The services of locks and elections: the same requests to ours and to a real etcd, and every answer compared; in one
 * line with etcdctl and with our own client; and what is left when a caller goes.
 */
import { connect } from 'node:http2'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { connectEndpoints } from '../../src/cli/connect-endpoints.ts'
import type { Client } from '../../src/client/index.ts'
import { Cluster } from '../harness/cluster.ts'
import { etcdctl } from '../harness/command.ts'
import { at, base64, EtcdCalls, type Json, unbase64, withoutIds } from '../harness/etcd-calls.ts'
import { missing, testUnless } from '../harness/requirement.ts'
import { until } from '../harness/until.ts'

// Many processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const lack = missing('etcd', '--version')
const differential = testUnless(lack)
const withEtcdctl = testUnless(missing('etcdctl', 'version'))

const LOCK = 'v3lockpb.Lock/Lock'
const UNLOCK = 'v3lockpb.Lock/Unlock'
const CAMPAIGN = 'v3electionpb.Election/Campaign'
const PROCLAIM = 'v3electionpb.Election/Proclaim'
const LEADER = 'v3electionpb.Election/Leader'
const OBSERVE = 'v3electionpb.Election/Observe'
const RESIGN = 'v3electionpb.Election/Resign'
const GRANT = 'etcdserverpb.Lease/LeaseGrant'
const REVOKE = 'etcdserverpb.Lease/LeaseRevoke'

let cluster: Cluster
let etcd: Cluster | undefined
let client: Client
let calls: EtcdCalls[]
let theirs: EtcdCalls | undefined

beforeAll(async () => {
  ;[cluster, etcd] = await Promise.all([
    Cluster.start(),
    lack === null ? Cluster.start({ program: 'etcd', nodes: 1, flags: ['--log-level=error'] }) : undefined,
  ])
  client = connectEndpoints(cluster.endpoints.join(',')).client
  calls = cluster.endpoints.map(endpoint => new EtcdCalls(endpoint))
  if (etcd !== undefined) theirs = new EtcdCalls(etcd.endpoints[0]!)
}, 90_000)

afterAll(async () => {
  client?.close()
  for (const each of [...(calls ?? []), theirs]) each?.close()
  await cluster?.destroy()
  await etcd?.destroy()
})

async function inLine(name: string, count: number): Promise<void> {
  await until(`${count} to be in line for ${name}`, async () => {
    return (await client.contenders(name)).length === count
  })
}

const leaderKey = (key: string, rev: number, lease: string): Json => ({
  name: base64('e'),
  key: base64(key),
  rev: String(rev),
  lease,
})

/** One after the other; nothing waits. The revisions are those of a new cluster. */
const SCRIPT: readonly (readonly [string, Json])[] = [
  [LEADER, { name: base64('e') }],
  [PROCLAIM, {}],
  [RESIGN, {}],
  [PROCLAIM, { leader: {} }],
  [RESIGN, { leader: {} }],
  [UNLOCK, {}],
  [LOCK, { name: base64('l'), lease: '77' }],
  [CAMPAIGN, { name: base64('e'), lease: '77', value: base64('x') }],
  [PROCLAIM, { leader: leaderKey('e/4d', 0, '77') }],
  [GRANT, { TTL: '1000', ID: '7' }],
  [GRANT, { TTL: '1000', ID: '-7' }],
  [LOCK, { name: base64('l'), lease: '7' }],
  [LOCK, { name: base64('l'), lease: '7' }],
  [LOCK, { name: base64('m'), lease: '-7' }],
  [LOCK, { lease: '7' }],
  ['etcdserverpb.KV/Range', { key: base64('\0'), range_end: base64('\0') }],
  [UNLOCK, { key: base64('l/7') }],
  [UNLOCK, { key: base64('l/7') }],
  [CAMPAIGN, { name: base64('e'), lease: '7', value: base64('one') }],
  [CAMPAIGN, { name: base64('e'), lease: '7', value: base64('two') }],
  [LEADER, { name: base64('e') }],
  [PROCLAIM, { leader: leaderKey('e/7', 6, '7'), value: base64('three') }],
  [PROCLAIM, { leader: leaderKey('e/7', 5, '7'), value: base64('stale') }],
  [LEADER, { name: base64('e') }],
  [RESIGN, { leader: leaderKey('e/7', 5, '7') }],
  [LEADER, { name: base64('e') }],
  [RESIGN, { leader: leaderKey('e/7', 6, '7') }],
  [LEADER, { name: base64('e') }],
  [REVOKE, { ID: '7' }],
  [REVOKE, { ID: '-7' }],
  ['etcdserverpb.KV/Range', { key: base64('\0'), range_end: base64('\0') }],
]

/** Where it refuses, etcd's server has lost the status on the way through its own client: there it is unknown. */
const UNKNOWN = 2

differential(
  'every answer to a call that need not wait is etcd’s, but for the status of a refusal',
  async () => {
    for (const [rpc, request] of SCRIPT) {
      const [ours, other] = await Promise.all([calls[0]!.ask(rpc, request), theirs!.ask(rpc, request)])
      const note = `${rpc} ${JSON.stringify(request)}`
      expect(ours.message, note).toBe(other.message)
      expect(withoutIds(ours.response), note).toEqual(withoutIds(other.response))
      expect([ours.code, UNKNOWN], note).toContain(other.code)
    }
  },
)

withEtcdctl('calls, etcdctl and our client stand in one line', async () => {
  const order: string[] = []
  const held = await client.lock('line')
  const { response } = await calls[1]!.ask(GRANT, { TTL: '100' })
  const waiting = calls[1]!.ask(LOCK, { name: base64('line'), lease: response['ID'] }).then(answer => {
    order.push('the call')
    return answer
  })
  await inLine('line', 2)
  const third = etcdctl(cluster.endpoints[2]!, ['lock', 'line', 'echo', 'done']).then(outcome => {
    order.push('etcdctl')
    return outcome
  })
  await inLine('line', 3)
  expect(order).toEqual([])
  await held.release()
  const { code, response: locked } = await waiting
  expect(code).toBe(0)
  expect(unbase64(at(locked, 'key'))).toBe(`line/${BigInt(at(response, 'ID')).toString(16)}`)
  const [holder] = await client.contenders('line')
  expect(holder!.createRevision).toBeGreaterThan(held.token)
  expect(Number(at(locked, 'header.revision'))).toBeGreaterThanOrEqual(holder!.createRevision)
  await calls[0]!.ask(UNLOCK, { key: locked['key'] })
  expect((await third).stdout).toBe('done\n')
  expect(order).toEqual(['the call', 'etcdctl'])
})

test('a call that is cancelled, out of time, or whose connection is gone leaves no key behind', async () => {
  const held = await client.lock('left')
  const name = base64('left')
  const cancelled = calls[0]!.begin(LOCK, { name })
  const tooLate = calls[1]!.ask(CAMPAIGN, { name }, { timeoutMs: 3_000 })
  const connection = connect(cluster.endpoints[2]!).on('error', () => {})
  const stream = connection.request({
    ':method': 'POST',
    ':path': `/${LOCK}`,
    'content-type': 'application/grpc',
  })
  stream.on('error', () => {}).end(Buffer.from([0, 0, 0, 0, 6, 10, 4, ...Buffer.from('left')]))
  const overHttp = new AbortController()
  const gateway = fetch(`${cluster.endpoints[0]}/v3/lock/lock`, {
    method: 'POST',
    body: JSON.stringify({ name }),
    signal: overHttp.signal,
  }).catch((error: Error) => error.name)
  await inLine('left', 5)
  cancelled.cancel()
  connection.destroy()
  overHttp.abort()
  expect((await cancelled.answer).code).toBe(1)
  expect((await tooLate).code).toBe(4)
  expect(await gateway).toBe('AbortError')
  await inLine('left', 1)
  await held.release()
})

test('whoever observes through one node is told of leaders that campaign through others', async () => {
  const observer = calls[2]!.stream(OBSERVE)
  observer.send({ name: base64('seen') })
  const seen = (): string[] => observer.received.map(json => unbase64(at(json, 'kv.value')))
  const first = await calls[0]!.ask(CAMPAIGN, { name: base64('seen'), value: base64('a') })
  const second = calls[1]!.ask(CAMPAIGN, { name: base64('seen'), value: base64('b') })
  await inLine('seen', 2)
  const { leader } = first.response
  await calls[1]!.ask(PROCLAIM, { leader, value: base64('a again') })
  await calls[2]!.ask(RESIGN, { leader })
  expect((await second).code).toBe(0)
  await until('all to be seen', () => seen().length === 3)
  expect(seen()).toEqual(['a', 'a again', 'b'])
  observer.cancel()
})

/**
 * Leases as etcdctl (3.4) and npm's etcd3 use them, on three nodes; what etcdctl prints is what it prints against etcd.
 */
import { Etcd3 } from 'etcd3'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Cluster } from '../harness/cluster.ts'
import { type CommandOutcome, etcdctl } from '../harness/command.ts'
import { missing, testUnless } from '../harness/requirement.ts'
import { until } from '../harness/until.ts'

// Many processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const lack = missing('etcdctl', 'version')
const withEtcdctl = testUnless(lack)
const differential = testUnless(lack ?? missing('etcd', '--version'))

let cluster: Cluster
let etcd: Cluster | undefined
let client: Etcd3

beforeAll(async () => {
  const isCompared = lack === null && missing('etcd', '--version') === null
  ;[cluster, etcd] = await Promise.all([
    Cluster.start(),
    isCompared ? Cluster.start({ program: 'etcd', nodes: 1, flags: ['--log-level=error'] }) : undefined,
  ])
  client = new Etcd3({ hosts: cluster.endpoints })
}, 90_000)

afterAll(async () => {
  client?.close()
  await cluster?.destroy()
  await etcd?.destroy()
})

const on = (node: number, ...args: string[]): Promise<CommandOutcome> =>
  etcdctl(cluster.endpoints[node]!, args)

function idOf({ stdout }: CommandOutcome): string {
  return /^lease ([0-9a-f]+) granted/.exec(stdout)![1]!
}

/** Ids, terms and what is left of a lease are a cluster's own; and etcd tells the keys of one in any order. */
function normal({ status, stdout, stderr }: CommandOutcome, id: string): string {
  const own = stdout
    .replaceAll(id, 'ID')
    .replace(/"(cluster_id|member_id|raft_term|id|lease)":\d+/g, '"$1":0')
    .replace(/"ttl":49\d,/, '"ttl":499,')
    .replace(/remaining\(49\ds\)/, 'remaining(499s)')
    .replace(/(?<=attached keys\(\[)[^\]]*/, keys => keys.split(' ').toSorted().join(' '))
    .replace(/(?<="keys":\[)[^\]]*/, keys => keys.split(',').toSorted().join(','))
  const said = stderr.replace(/^\{"level":.*\n/gm, '')
  return `status ${status}\n${own}${said}`
}

differential('every lease command prints what it prints against etcd, whichever node is asked', async () => {
  const theirs = etcd!.endpoints[0]!
  const [ourId, theirId] = [
    idOf(await on(0, 'lease', 'grant', '500')),
    idOf(await etcdctl(theirs, ['lease', 'grant', '500'])),
  ]
  const script = [
    'lease list',
    'put --lease=ID b 1',
    'put --lease=ID a 2',
    'put --lease=123 c 3',
    'get a -w json',
    'lease timetolive ID',
    'lease timetolive ID --keys',
    'lease timetolive ID --keys -w json',
    'lease timetolive 123',
    'lease keep-alive --once ID',
    'lease keep-alive --once 123',
    'put a 5',
    'lease timetolive --keys ID',
    'put --lease=ID a 6',
    'put --ignore-lease a 7',
    'del b',
    'lease timetolive --keys ID',
    'lease revoke ID',
    'get a',
    'lease revoke ID',
    'lease timetolive ID',
    'lease grant 9000000001',
    'lease grant nonsense',
    'lease list',
  ]
  for (const [i, line] of script.entries()) {
    const [ours, other] = await Promise.all([
      on(i % 3, ...line.replace('ID', ourId).split(' ')),
      etcdctl(theirs, line.replace('ID', theirId).split(' ')),
    ])
    expect(normal(ours, ourId), `etcdctl ${line}`).toBe(normal(other, theirId))
  }
})

withEtcdctl('a lease of less than two seconds lives two, and its keys go with it on every node', async () => {
  const granted = await on(0, 'lease', 'grant', '1')
  const grantedAt = performance.now()
  expect(granted.stdout).toContain('granted with TTL(2s)')
  await on(1, 'put', `--lease=${idOf(granted)}`, 'short', 'x')
  expect((await on(2, 'get', 'short', '--print-value-only')).stdout).toBe('x\n')
  await until('the key to be gone', async () => (await client.get('short')) === null)
  const livedMs = performance.now() - grantedAt
  expect(livedMs).toBeGreaterThan(1_900)
  expect(livedMs).toBeLessThan(4_500)
  // Each node tells what it has applied.
  const none = async (): Promise<boolean> => (await on(2, 'lease', 'list')).stdout === 'found 0 leases\n'
  await until('no lease on another node', none)
  expect((await on(1, 'put', `--lease=${idOf(granted)}`, 'short', 'x')).stderr).toContain(
    'etcdserver: requested lease not found',
  )
})

test('npm etcd3 keeps its lease alive until it is revoked, whichever node it asks', async () => {
  const lease = client.lease(2)
  await lease.put('kept').value('x')
  let renewals = 0
  lease.on('keepaliveSucceeded', () => renewals++)
  await until('six renewals, of four seconds', () => renewals >= 6, 30_000)
  expect(await client.get('kept').string()).toBe('x')
  await lease.revoke()
  expect(await client.get('kept').string()).toBeNull()
})

test('npm etcd3 hears that its lease is lost', async () => {
  const lease = client.lease(10)
  await lease.put('lost').value('x')
  const lost = new Promise(resolve => lease.on('lost', resolve))
  const [held] = (await client.leaseClient.leaseLeases()).leases
  await client.leaseClient.leaseRevoke({ ID: held!.ID })
  await lost
})

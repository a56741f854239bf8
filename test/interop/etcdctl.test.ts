/** etcdctl of Debian (3.4) against every node of a cluster, and against a real etcd: the same words out of both. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Cluster } from '../harness/cluster.ts'
import { type CommandOutcome, etcdctl, runCommand } from '../harness/command.ts'
import { missing, testUnless } from '../harness/requirement.ts'
import { until } from '../harness/until.ts'
import { compactions, SCRIPT, type Step } from './etcdctl-script.ts'

// Many processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const lack = missing('etcdctl', 'version')
const withEtcdctl = testUnless(lack)
const differential = testUnless(lack ?? missing('etcd', '--version'))
const NODES = [0, 1, 2]

let cluster: Cluster
let etcd: Cluster | undefined

beforeAll(async () => {
  if (lack !== null) return
  const isCompared = missing('etcd', '--version') === null
  ;[cluster, etcd] = await Promise.all([
    Cluster.start(),
    isCompared ? Cluster.start({ program: 'etcd', nodes: 1, flags: ['--log-level=error'] }) : undefined,
  ])
}, 90_000)

afterAll(async () => {
  await cluster?.destroy()
  await etcd?.destroy()
})

const on = (node: number, args: readonly string[], stdin?: string | Uint8Array): Promise<CommandOutcome> =>
  etcdctl(cluster.endpoints[node]!, args, stdin === undefined ? {} : { stdin })

/** Ids and terms are a cluster's own; a client's log lines carry times and addresses. */
function normal({ status, stdout, stderr }: CommandOutcome): string {
  const own = stdout
    .replace(/"(cluster_id|member_id|raft_term)":\d+/g, '"$1":0')
    .replace(/^"(ClusterID|MemberID|RaftTerm)" : \d+$/gm, '"$1" : 0')
  const said = stderr
    .split('\n')
    .filter(line => !line.startsWith('{"level":'))
    .join('\n')
  return `status ${status}\n${own}${said}`
}

async function compareStep({ args, stdin }: Step, node: number): Promise<CommandOutcome> {
  const input = stdin === undefined ? {} : { stdin }
  const [ours, theirs] = await Promise.all([
    etcdctl(cluster.endpoints[node]!, args, input),
    etcdctl(etcd!.endpoints[0]!, args, input),
  ])
  expect(normal(ours), `etcdctl ${args.join(' ')} on node ${node}`).toBe(normal(theirs))
  return ours
}

function revisionOf({ stdout }: CommandOutcome): number {
  return (JSON.parse(stdout) as { header: { revision: number } }).header.revision
}

differential.each(NODES)(
  'on node %i, every command prints what it prints against etcd',
  async node => {
    for (const step of SCRIPT) await compareStep(step, node)
    const now = await compareStep({ args: ['get', 'h', '-w', 'json'] }, node)
    for (const step of compactions(revisionOf(now))) await compareStep(step, node)
  },
  180_000,
)

differential(
  'a history of puts and deletions leaves the same hash of all of it, on every node as in etcd',
  async () => {
    for (let i = 0; i < 12; i++) {
      const args = i % 4 === 3 ? ['del', `r${i - 2}`] : ['put', `r${i % 5}`, `value ${i}`]
      await compareStep({ args }, i % 3)
    }
    const hash = async (endpoint: string): Promise<string | undefined> =>
      (await etcdctl(endpoint, ['endpoint', 'hashkv'])).stdout.trim().split(', ')[1]
    const theirs = await hash(etcd!.endpoints[0]!)
    expect(theirs).toMatch(/^\d+$/)
    for (const endpoint of cluster.endpoints) {
      await until(`${endpoint} to have the hash ${theirs}`, async () => (await hash(endpoint)) === theirs)
    }
  },
)

withEtcdctl('a write through one node is read through every other', async () => {
  for (const node of NODES) {
    const value = `through ${node}`
    expect((await on(node, ['put', 'shared', value])).stdout).toBe('OK\n')
    for (const reader of NODES) {
      expect((await on(reader, ['get', 'shared', '--print-value-only'])).stdout).toBe(`${value}\n`)
    }
  }
})

withEtcdctl('a read below a compaction, and a second compaction there, name it', async () => {
  await on(0, ['put', 'h', '1'])
  const revision = revisionOf(await on(0, ['put', 'h', '2', '-w', 'json']))
  expect((await on(1, ['compaction', String(revision)])).stdout).toBe(`compacted revision ${revision}\n`)
  for (const args of [
    ['get', 'h', `--rev=${revision - 1}`],
    ['compaction', String(revision)],
  ]) {
    const { status, stderr } = await on(2, args)
    expect(stderr).toContain('Error: etcdserver: mvcc: required revision has been compacted')
    expect(status).toBe(1)
  }
})

interface Member {
  readonly name: string
  readonly ID: number
  readonly clientURLs: readonly string[]
}

withEtcdctl('every node lists the same three members, with their URLs', async () => {
  for (const node of NODES) {
    const { stdout } = await on(node, ['member', 'list', '-w', 'json'])
    const { members } = JSON.parse(stdout) as { members: Member[] }
    expect(members.map(({ name }) => name).toSorted()).toEqual(['n1', 'n2', 'n3'])
    expect(members.flatMap(each => each.clientURLs).toSorted()).toEqual(cluster.endpoints.toSorted())
  }
})

withEtcdctl('status of all nodes names one leader; all are healthy; their hashes are equal', async () => {
  const all = cluster.endpoints.join(',')
  const { stdout } = await etcdctl(all, ['endpoint', 'status', '-w', 'json'])
  const statuses = (JSON.parse(stdout) as { Status: { leader: number; version: string } }[]).map(
    s => s.Status,
  )
  expect(new Set(statuses.map(s => s.leader)).size).toBe(1)
  expect(statuses.map(s => s.version)).toEqual(['3.6.0', '3.6.0', '3.6.0'])
  const health = await etcdctl(all, ['endpoint', 'health'])
  expect(`${health.stdout}${health.stderr}`.match(/ is healthy: /g)).toHaveLength(3)
  expect(health.status).toBe(0)
  await until('the hashes to be equal', async () => {
    const hashes = (await etcdctl(all, ['endpoint', 'hashkv'])).stdout.trim().split('\n')
    return hashes.length === 3 && new Set(hashes.map(line => line.split(', ')[1])).size === 1
  })
})

withEtcdctl('a value of 1 MiB comes back to the byte; one over the limit is refused', async () => {
  const big = 'v'.repeat(1024 * 1024)
  expect((await on(0, ['put', 'big'], big)).stdout).toBe('OK\n')
  expect((await on(1, ['get', 'big', '--print-value-only'])).stdout).toBe(`${big}\n`)
  const { status, stderr } = await on(2, ['put', 'big'], 'v'.repeat(1572864 + 100))
  expect(stderr).toContain('etcdserver: request is too large')
  expect(status).toBe(1)
  expect((await on(0, ['get', 'big', '-w', 'json'])).stdout).toContain('"version":1')
})

withEtcdctl('keys and values of any bytes come back to the byte', async () => {
  // Bytes that are not UTF-8 pass a command line only through a shell.
  const env = { ETCDCTL_API: '3', ENDPOINT: cluster.endpoints[0]! }
  const script = join(cluster.directory, 'binary.sh')
  writeFileSync(
    script,
    `key=$(printf '\\377\\001\\200 k')
printf '\\000\\376\\377\\n\\n' | etcdctl --endpoints=$ENDPOINT --command-timeout=20s put "$key"
etcdctl --endpoints=$ENDPOINT --command-timeout=20s get "$key"
`,
  )
  const { bytes } = await runCommand('sh', [script], { environment: env })
  const expected = [0xff, 1, 0x80, 0x20, 0x6b, 10, 0, 0xfe, 0xff, 10, 10, 10]
  expect([...bytes.subarray('OK\n'.length)]).toEqual(expected)
})

withEtcdctl('etcdctl adds, updates, promotes and removes members, and moves the leader', async () => {
  const all = cluster.endpoints.join(',')
  const answer = async (line: string, endpoints = all): Promise<string> => {
    const { stdout, stderr } = await etcdctl(endpoints, line.split(' '))
    return `${stdout}${stderr}`
  }
  // Strict checks: everybody must have been in touch for five seconds.
  let added = ''
  await until('a learner to be added', async () => {
    added = await answer('member add x --learner --peer-urls=http://127.0.0.1:1')
    return !added.includes('unhealthy cluster')
  })
  // Ids are padded to sixteen places with spaces: one in sixteen begins with a zero.
  const [, id] = /^Member +([0-9a-f]+) added to cluster +[0-9a-f]+$/m.exec(added)!
  expect(added).toContain('ETCD_NAME="x"')
  expect(added).toContain('ETCD_INITIAL_CLUSTER_STATE="existing"')
  expect(added).toContain('x=http://127.0.0.1:1')
  expect(await answer('member list')).toContain(`${id}, unstarted, , http://127.0.0.1:1, , true`)
  const behind = 'etcdserver: can only promote a learner member which is in sync with leader'
  expect(await answer(`member promote ${id}`)).toContain(behind)
  expect(await answer('member add y --learner --peer-urls=http://127.0.0.1:3')).toContain(
    'etcdserver: too many learner members in cluster',
  )
  expect(await answer(`member update ${id} --peer-urls=http://127.0.0.1:2`)).toMatch(
    new RegExp(`^Member +${id} updated in cluster`, 'm'),
  )
  expect(await answer('member add z --peer-urls=http://127.0.0.1:2')).toContain(
    'etcdserver: Peer URLs already exists',
  )
  expect(await answer(`member remove ${id}`)).toMatch(new RegExp(`^Member +${id} removed from cluster`, 'm'))
  expect(await answer(`member remove ${id}`)).toContain('etcdserver: member not found')

  const { stdout } = await etcdctl(all, ['endpoint', 'status', '-w', 'json'])
  type Status = { leader: number; header: { member_id: number } }
  const statuses = JSON.parse(stdout) as { Endpoint: string; Status: Status }[]
  // Ids are 64 bits: those that JSON keeps whole are not all.
  const exact = [...stdout.matchAll(/"member_id":(\d+)/g)].map(match => BigInt(match[1]!).toString(16))
  const leads = statuses.findIndex(({ Status }) => Status.leader === Status.header.member_id)
  const other = exact[(leads + 1) % exact.length]!
  const moved = await answer(`move-leader ${other}`, all)
  expect(moved).toContain(`Leadership transferred from ${exact[leads]} to ${other}`)
})

test('the differential script asks for every format and every order of etcdctl', () => {
  const all = SCRIPT.map(({ args }) => args.join(' ')).join('\n')
  for (const word of ['json', 'fields', '--hex', 'CREATE', 'KEY', 'MODIFY', 'VALUE', 'VERSION', 'DESCEND']) {
    expect(all).toContain(word)
  }
})

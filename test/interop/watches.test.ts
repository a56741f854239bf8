/**
 * Watches as etcdctl (3.4) and npm's etcd3 use them, on three nodes; etcdctl prints what it prints against etcd.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Etcd3 } from 'etcd3'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Cluster, QUORATE } from '../harness/cluster.ts'
import { etcdctl } from '../harness/command.ts'
import { Process } from '../harness/process.ts'
import { missing, testUnless } from '../harness/requirement.ts'
import { until } from '../harness/until.ts'

// Many processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const lack = missing('etcdctl', 'version')
const differential = testUnless(lack ?? missing('etcd', '--version'))

let cluster: Cluster
let etcd: Cluster | undefined
let client: Etcd3
let directory: string
const watching: Process[] = []
const ETCDCTL_ENVIRONMENT = { ...process.env, ETCDCTL_API: '3' }

beforeAll(async () => {
  const isCompared = lack === null && missing('etcd', '--version') === null
  const flags = ['--log-level=error', '--experimental-watch-progress-notify-interval=1s']
  ;[cluster, etcd] = await Promise.all([
    Cluster.start({ flags: ['--watch-progress-notify-interval=1s'] }),
    isCompared ? Cluster.start({ program: 'etcd', nodes: 1, flags }) : undefined,
  ])
  client = new Etcd3({ hosts: cluster.endpoints })
  directory = mkdtempSync(join(tmpdir(), 'quorate-watch-'))
}, 90_000)

afterAll(async () => {
  client?.close()
  for (const each of watching) await each.kill()
  await cluster?.destroy()
  await etcd?.destroy()
  rmSync(directory, { recursive: true, force: true })
})

/** Without what is the cluster's own. */
function normal(printed: string): string {
  return printed
    .replace(/^"(ClusterID|MemberID|RaftTerm)" : \d+$/gm, '"$1" : 0')
    .replace(/"(cluster_id|member_id|raft_term)":\d+/g, '"$1":0')
    .split('\n')
    .filter(line => !line.startsWith('{"level":'))
    .join('\n')
}

/** A watch of etcdctl that runs until the test is over, its output in a file. */
function watch(endpoint: string, ...args: string[]): Process {
  const file = join(directory, `watch-${watching.length}`)
  const process = new Process('etcdctl', [`--endpoints=${endpoint}`, 'watch', ...args], file, {
    ETCDCTL_API: '3',
  })
  watching.push(process)
  return process
}

const SCRIPT: readonly string[][] = [
  ['put', 'w/a', '1'],
  ['put', 'w/b', '2'],
  ['put', 'w/a', '3'],
  ['del', 'w/a'],
  ['put', 'x', 'elsewhere'],
  ['del', '--prefix', 'w/'],
  ['put', 'w/end', 'end'],
]

const WATCHES: readonly string[][] = [
  ['--rev=1', 'w/a'],
  ['--rev=1', '--prefix', 'w/'],
  ['--rev=1', '--prefix', '--prev-kv', 'w/'],
  ['--rev=1', '--prefix', '--prev-kv', '-w', 'json', 'w/'],
  ['--rev=3', 'w/a', 'w/c'],
  ['--rev=1', '--hex', 'w/b'],
  ['--rev=4', '-w', 'fields', 'w/a'],
]

differential('every watch prints what it prints against etcd, whichever node is asked', async () => {
  for (const args of SCRIPT) {
    await etcdctl(etcd!.endpoints[0]!, args)
    await etcdctl(cluster.endpoints[0]!, args)
  }
  for (const [i, args] of WATCHES.entries()) {
    const theirs = watch(etcd!.endpoints[0]!, ...args)
    await until('etcd to have told', () => normal(theirs.log()) !== '')
    const ours = watch(cluster.endpoints[i % 3]!, ...args)
    const isSame = () => normal(ours.log()) === normal(theirs.log())
    await until(`the same from both: ${args.join(' ')}`, isSame).catch(() => {
      expect(normal(ours.log()), args.join(' ')).toBe(normal(theirs.log()))
    })
  }
})

differential(
  'several watches on one stream, with progress on request, print what they print against etcd',
  async () => {
    const printed = async (endpoint: string): Promise<string> => {
      const child = spawn('etcdctl', [`--endpoints=${endpoint}`, 'watch', '-i'], { env: ETCDCTL_ENVIRONMENT })
      let out = ''
      child.stdout.on('data', chunk => {
        out += String(chunk)
      })
      try {
        child.stdin.write('watch --rev=1 w/a\n')
        await until('the first', () => out.includes('DELETE'))
        child.stdin.write('watch --rev=1 --prefix w/e\n')
        await until('the second', () => out.includes('end\n'))
        child.stdin.write('progress\n')
        await until('progress', () => out.includes('progress notify'))
        return out
      } finally {
        child.kill()
      }
    }
    const theirs = await printed(etcd!.endpoints[0]!)
    for (const endpoint of cluster.endpoints) expect(await printed(endpoint)).toBe(theirs)
  },
)

differential('a watch goes on with what happens next, and is told of a compaction', async () => {
  const endpoint = cluster.endpoints[1]!
  const live = watch(endpoint, '--prefix', 'live/')
  const puts = async (): Promise<boolean> => {
    // Nothing tells that the watch is there but what it tells.
    await etcdctl(endpoint, ['put', 'live/0', ''])
    return live.log().includes('live/0')
  }
  await until('the watch to be there', puts)
  await etcdctl(endpoint, ['put', 'live/1', 'a'])
  await until('the event', () => live.log().endsWith('PUT\nlive/1\na\n'))
  const { stdout } = await etcdctl(endpoint, ['get', 'live/1', '-w', 'json'])
  const { revision } = (JSON.parse(stdout) as { header: { revision: number } }).header
  await etcdctl(endpoint, ['put', 'live/2', 'b'])
  await etcdctl(endpoint, ['compact', String(revision)])
  const late = watch(cluster.endpoints[2]!, '--rev=1', '--prefix', 'live/')
  await late.ended
  expect(late.log()).toContain('required revision has been compacted')
  const justInTime = watch(cluster.endpoints[2]!, `--rev=${revision}`, '--prefix', 'live/')
  await until('both', () => justInTime.log() === 'PUT\nlive/1\na\nPUT\nlive/2\nb\n')
})

test('quorate kv watch prints what happens, as text and as JSON, and outlives a node', async () => {
  const run = (...args: string[]): Process => {
    const file = join(directory, `watch-${watching.length}`)
    const command = [QUORATE, 'kv', 'watch', '--endpoints', cluster.endpoints.join(','), ...args]
    const started = new Process(process.execPath, command, file)
    watching.push(started)
    return started
  }
  const { header } = await client.put('q/0').value('before')
  const from = ['--rev', header.revision, '--prefix', '--prev-kv', 'q/']
  const asText = run(...from)
  const asJson = run('--json', ...from)
  const quiet = run('--progress-notify', 'nothing')
  await until('progress', () => /^progress: \d+$/m.test(quiet.log()))
  await client.put('q/0').value('after')
  await until('both events', () => asText.log() === 'PUT\nq/0\nbefore\nPUT\nq/0\nbefore\nq/0\nafter\n')
  await cluster.nodes[0]!.kill()
  await client.delete().key('q/0').exec()
  await until('the deletion', () => asText.log().endsWith('DELETE\nq/0\nafter\nq/0\n\n'))
  cluster.nodes[0]!.start()
  await cluster.nodes[0]!.becomesHealthy()
  const lines = () => asJson.log().trim().split('\n')
  await until('three lines', () => lines().length === 3)
  expect(lines().map(line => JSON.parse(line) as object)).toMatchObject([
    { event: 'put', key: 'q/0', value: 'before', version: 1 },
    { event: 'put', key: 'q/0', value: 'after', version: 2, prevKv: { value: 'before' } },
    { event: 'delete', key: 'q/0', prevKv: { value: 'after' } },
  ])
})

test("etcd3's watcher connects, is told, and is cancelled", async () => {
  const told: string[] = []
  const watcher = await client.watch().prefix('e/').withPreviousKV().create()
  watcher.on('put', (kv, before) => told.push(`put ${kv.key} ${kv.value} ${before?.value ?? ''}`))
  watcher.on('delete', (kv, before) => told.push(`delete ${kv.key} ${before?.value ?? ''}`))
  await client.put('e/1').value('a')
  await client.put('e/1').value('b')
  await client.delete().key('e/1').exec()
  await until('three events', () => told.length === 3)
  expect(told).toEqual(['put e/1 a ', 'put e/1 b a', 'delete e/1 b'])
  await watcher.cancel()
  await client.put('e/2').value('c')
  expect(told).toHaveLength(3)
})

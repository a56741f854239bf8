/** The upkeep of a cluster of real processes, with etcdctl and with quorate: room, alarms, files, hashes. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Cluster } from '../harness/cluster.ts'
import { type CommandOutcome, etcdctl, quorate } from '../harness/command.ts'
import { missing, testUnless } from '../harness/requirement.ts'
import { until } from '../harness/until.ts'

// Many processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const withEtcdctl = testUnless(missing('etcdctl', 'version'))
const FLAGS = ['--quota-backend-bytes=300000', '--corrupt-check-time=500ms', '--auto-compaction-retention=1h']
const NO_SPACE = 'etcdserver: mvcc: database space exceeded'

let cluster: Cluster

beforeAll(async () => {
  cluster = await Cluster.start({ flags: FLAGS })
}, 90_000)

afterAll(async () => {
  await cluster.destroy()
})

const endpoints = (): string => cluster.endpoints.join(',')
const ctl = (...args: string[]): Promise<CommandOutcome> => etcdctl(endpoints(), args)

async function said(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await quorate([...args, '--endpoints', endpoints()])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}

const alarms = async (): Promise<unknown[]> => JSON.parse(await said('alarm', 'list', '--json')) as unknown[]

async function post(path: string, body: object): Promise<unknown> {
  const response = await fetch(`${cluster.node(0).layout.clientUrl}${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
  })
  return response.json()
}

withEtcdctl('a full store refuses puts everywhere, and takes them again once there is room', async () => {
  const value = Buffer.alloc(20_000, 'x').toString('base64')
  const key = (i: number): string => Buffer.from(`key ${i % 10}`).toString('base64')
  let refusal: unknown
  for (let i = 0; refusal === undefined; i++) {
    const answer = (await post('/v3/kv/put', { key: key(i), value })) as { message?: string }
    refusal = answer.message
  }
  expect(refusal).toBe(NO_SPACE)
  await until('the alarm to be raised', async () => (await alarms()).length > 0)
  const { stdout: listed } = await ctl('alarm', 'list')
  expect(listed).toMatch(/^(memberID:\d+ alarm:NOSPACE ?\n)+$/)
  for (const endpoint of cluster.endpoints) {
    const { status, stderr } = await etcdctl(endpoint, ['put', 'small', 'v'])
    expect({ status, isFull: stderr.includes(NO_SPACE) }).toEqual({ status: 1, isFull: true })
  }
  expect(await said('status', '--json')).toContain('alarm:NOSPACE')
  const health = await fetch(`${cluster.node(0).layout.clientUrl}/health`)
  expect({ status: health.status, body: await health.json() }).toEqual({
    status: 503,
    body: { health: 'false', reason: 'ALARM NOSPACE' },
  })

  const deleted = await ctl('del', 'key', '--prefix', '-w', 'json')
  const { revision } = (JSON.parse(deleted.stdout) as { header: { revision: number } }).header
  expect((await ctl('compaction', String(revision))).stdout).toBe(`compacted revision ${revision}\n`)
  await until('the alarm to be lifted', async () => (await alarms()).length === 0, 60_000)
  expect((await ctl('put', 'small', 'v')).stdout).toBe('OK\n')
})

withEtcdctl('files are merged, hashes agree, and every endpoint is healthy, as etcdctl sees it', async () => {
  for (const endpoint of cluster.endpoints) {
    const { stdout } = await etcdctl(endpoint, ['defrag'])
    expect(stdout).toContain(`Finished defragmenting etcd member[${endpoint}]`)
  }
  const hashes = await ctl('endpoint', 'hashkv', '-w', 'json')
  const each = JSON.parse(hashes.stdout) as { HashKV: { hash: number } }[]
  expect(each).toHaveLength(3)
  expect(new Set(each.map(({ HashKV }) => HashKV.hash)).size).toBe(1)
  const { status, stdout } = await ctl('endpoint', 'status', '-w', 'fields')
  expect(status).toBe(0)
  expect(stdout.match(/^"DBSizeInUse" : \d+$|^"DBSize" : \d+$/gm)).not.toBeNull()
  expect((await ctl('endpoint', 'health')).status).toBe(0)
})

test('alarms that were raised by hand are listed and lifted', async () => {
  await post('/v3/maintenance/alarm', { action: 'ACTIVATE', memberID: '171', alarm: 'CORRUPT' })
  expect(await alarms()).toEqual([{ memberId: 'ab', alarm: 'CORRUPT' }])
  const { status, stderr } = await quorate(['kv', 'put', 'a', 'b', '--endpoints', endpoints()])
  expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('corrupt cluster') })
  expect(await said('alarm', 'list')).toBe('MEMBER  ALARM\nab      CORRUPT\n')
  expect(await said('alarm', 'disarm')).toBe('MEMBER  ALARM\nab      CORRUPT\n')
  expect(await said('alarm', 'disarm')).toBe('No alarm was on.\n')
  expect(await said('alarm', 'list')).toBe('No alarm is on.\n')
})

test('history is forgotten and files are merged with quorate, too', async () => {
  const { revision } = JSON.parse(await said('kv', 'put', 'c', '1', '--json')) as { revision: number }
  expect(await said('compact', String(revision))).toBe(
    `Compacted at revision ${revision}; the newest is ${revision}.\n`,
  )
  const again = await quorate(['compact', String(revision), '--endpoints', endpoints()])
  expect({ status: again.status, stderr: again.stderr }).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('required revision has been compacted'),
  })
  expect(JSON.parse(await said('defrag', '--json'))).toEqual(
    cluster.endpoints.map(endpoint => ({ endpoint: endpoint.replace('http://', '') })),
  )
})

/** The everyday commands as processes of their own, against a cluster of three. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Cluster } from '../harness/cluster.ts'
import { type CommandOutcome, etcdctl, quorate, runCommand } from '../harness/command.ts'
import { freePorts } from '../harness/ports.ts'
import { missing, testUnless } from '../harness/requirement.ts'

// Many processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let cluster: Cluster
let directory: string

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'quorate-kv-'))
  cluster = await Cluster.start()
}, 60_000)

afterAll(async () => {
  await cluster.destroy()
  rmSync(directory, { recursive: true, force: true })
})

function kv(...args: string[]): Promise<CommandOutcome> {
  return quorate(['kv', ...args, '--endpoints', cluster.endpoints.join(',')])
}

const stdoutOf = async (...args: string[]): Promise<string> => {
  const { status, stdout, stderr } = await kv(...args)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}

test('put says OK, get prints key and value, del how many', async () => {
  expect(await stdoutOf('put', 'plain', 'one')).toBe('OK\n')
  expect(await stdoutOf('get', 'plain')).toBe('plain\none\n')
  expect(await stdoutOf('put', 'plain', 'two', '--prev-kv')).toBe('OK\nplain\none\n')
  expect(await stdoutOf('del', 'plain', '--prev-kv')).toBe('1\nplain\ntwo\n')
  expect(await stdoutOf('del', 'plain')).toBe('0\n')
  expect(await stdoutOf('get', 'plain')).toBe('')
})

const TXN = `mod("t/a") = "0"
value(t/b) != 'none'

put t/a "one\\ntwo" --prev-kv
put t/b 2
get t/ --prefix --keys-only

get t/ --prefix
del t/a --prev-kv
get t/ --prefix --count-only
`

test('txn does what its conditions lead to, as one step', async () => {
  const txn = (...flags: string[]) =>
    quorate(['kv', 'txn', '--endpoints', cluster.endpoints.join(','), ...flags], { stdin: TXN })
  await kv('put', 't/b', '1')
  expect(await txn()).toMatchObject({ status: 0, stdout: 'SUCCESS\n\nOK\n\nOK\n\nt/a\nt/b\n' })
  const { stdout } = await txn('--json')
  expect(JSON.parse(stdout)).toMatchObject({
    succeeded: false,
    responses: [
      { get: { count: 2, kvs: [{ key: 't/a', value: 'one\ntwo' }, { key: 't/b' }] } },
      { del: { deleted: 1, prevKvs: [{ key: 't/a' }] } },
      { get: { count: 1 } },
    ],
  })
  const refused = await quorate(['kv', 'txn'], { stdin: '\nput a' })
  expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining('line 2: missing required') })
  const unread = await quorate(['kv', 'txn'], { stdin: Uint8Array.of(0xff) })
  expect(unread).toMatchObject({ status: 2, stderr: expect.stringContaining('no UTF-8') })
  await kv('del', 't/', '--prefix')
})

testUnless(missing('etcdctl', 'version'))('txn prints what etcdctl prints of the same lines', async () => {
  const stdin = 'ver("u") = "0"\n\nput u "a b"\nget u\n\nget u\ndel u\n'
  const all = cluster.endpoints.join(',')
  for (let round = 0; round < 3; round++) {
    const ours = await quorate(['kv', 'txn', '--endpoints', all], { stdin })
    // Both find the same.
    await kv(round === 1 ? 'put' : 'del', 'u', ...(round === 1 ? ['a b'] : []))
    const theirs = await etcdctl(cluster.endpoints[0]!, ['txn'], { stdin: `${stdin}\n` })
    expect(ours, ours.stderr).toMatchObject({ status: 0, stdout: theirs.stdout })
  }
  await kv('del', 'u')
})

test('decide settles a key once, and says to everybody what it was settled to', async () => {
  const decide = async (value: string, ...flags: string[]) =>
    quorate(['decide', 'd', value, ...flags, '--endpoints', cluster.endpoints.join(',')])
  expect(await decide('one')).toMatchObject({ status: 0, stdout: 'one\n' })
  expect(await decide('two')).toMatchObject({ status: 0, stdout: 'one\n' })
  const { stdout } = await decide('two', '--json')
  expect(JSON.parse(stdout)).toMatchObject({ value: 'one', isOwn: false })
  await kv('put', 'd', 'three')
  expect(await decide('two')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('QUORATE_CLIENT_PROTOCOL'),
  })
  expect(await stdoutOf('del', 'd')).toBe('1\n')
})

test('get reads a prefix, a range, from a key on, at a revision, keys, values or the count alone', async () => {
  const revisions: number[] = []
  for (const key of ['m/1', 'm/2', 'm/3', 'n']) {
    const { revision } = JSON.parse(await stdoutOf('put', key, `of ${key}`, '--json')) as { revision: number }
    revisions.push(revision)
  }
  expect(await stdoutOf('get', 'm/', '--prefix', '--keys-only')).toBe('m/1\nm/2\nm/3\n')
  expect(await stdoutOf('get', 'm/', '--prefix', '--print-value-only')).toBe('of m/1\nof m/2\nof m/3\n')
  expect(await stdoutOf('get', 'm/', '--prefix', '--count-only')).toBe('3\n')
  expect(await stdoutOf('get', 'm/', '--prefix', '--limit', '1')).toBe('m/1\nof m/1\n')
  expect(await stdoutOf('get', 'm/1', '--range-end', 'm/3', '--keys-only')).toBe('m/1\nm/2\n')
  expect(await stdoutOf('get', 'm/3', '--from-key', '--keys-only')).toBe('m/3\nn\n')
  expect(await stdoutOf('get', '', '--prefix', '--keys-only', '--rev', String(revisions[1]))).toBe(
    'm/1\nm/2\n',
  )
  expect(await stdoutOf('del', 'm/1', '--range-end', 'm/3')).toBe('2\n')
  expect(await stdoutOf('del', 'm', '--from-key')).toBe('2\n')
})

test('--json is one object a line, with numbers as numbers', async () => {
  const written = JSON.parse(await stdoutOf('put', 'j', 'x', '--json')) as { revision: number }
  const expected = { key: 'j', value: 'x', createRevision: written.revision, modRevision: written.revision }
  expect(JSON.parse(await stdoutOf('get', 'j', '--json'))).toEqual({ ...expected, version: 1 })
  expect(JSON.parse(await stdoutOf('get', 'j', '--keys-only', '--json'))).not.toHaveProperty('value')
  expect(JSON.parse(await stdoutOf('get', 'j', '--count-only', '--json'))).toEqual({ count: 1 })
  const again = JSON.parse(await stdoutOf('put', 'j', 'y', '--json', '--prev-kv')) as { revision: number }
  expect(again).toEqual({ revision: written.revision + 1, prevKv: { ...expected, version: 1 } })
  const deleted = JSON.parse(await stdoutOf('del', 'j', '--json', '--prev-kv')) as { prevKvs: unknown[] }
  expect(deleted).toMatchObject({ deleted: 1, revision: again.revision + 1, prevKvs: [{ value: 'y' }] })
})

test('endpoints are URLs or host:port, one or many, and those that are down are passed over', async () => {
  const [first, second] = cluster.endpoints.map(url => url.slice('http://'.length))
  const [free] = await freePorts(1)
  for (const endpoints of [`http://${first}`, first!, `http://${first}/`, `127.0.0.1:${free}, ${second}`]) {
    const { status, stdout } = await quorate(['kv', 'put', 'e', endpoints, '--endpoints', endpoints])
    expect({ endpoints, status, stdout }).toEqual({ endpoints, status: 0, stdout: 'OK\n' })
  }
  const environment = { ETCDCTL_ENDPOINTS: second! }
  expect((await quorate(['kv', 'get', 'e', '--keys-only'], { environment })).stdout).toBe('e\n')
})

test('what the cluster refuses has its message, a code and status 1', async () => {
  const { status, stdout, stderr } = await kv('put', '', 'x')
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toBe('error: etcdserver: key is not provided [QUORATE_CLIENT_REJECTED]\n')
  expect((await kv('get', 'x', '--rev', '1000000')).stderr).toContain(
    'etcdserver: mvcc: required revision is a future revision [QUORATE_CLIENT_REJECTED]',
  )
})

test('without a node to reach, the error says so and that nothing was done', async () => {
  const [free] = await freePorts(1)
  const { status, stderr } = await quorate(['kv', 'put', 'k', 'v', '--endpoints', `127.0.0.1:${free}`])
  expect(status).toBe(1)
  expect(stderr).toContain('[QUORATE_CLIENT_UNAVAILABLE]')
  expect(stderr).not.toContain('unknown')
})

test('a reader that leaves early is no error', async () => {
  const lines = Array.from({ length: 3_000 }, (_, i) =>
    JSON.stringify({ key: `pipe/${i}`, value: 'v'.repeat(200) }),
  )
  const file = join(directory, 'pipe.jsonl')
  writeFileSync(file, lines.join('\n'))
  await stdoutOf('import', file)
  const endpoints = cluster.endpoints.join(',')
  const script = `{ "$0" "$1" kv export --endpoints ${endpoints}; echo "status $?" >&2; } | head -n 1`
  const { stdout, stderr } = await runCommand('sh', ['-c', script, process.execPath, cluster.program])
  expect(stderr).toBe('status 0\n')
  expect(JSON.parse(stdout)).toHaveProperty('value')
  await stdoutOf('del', 'pipe/', '--prefix')
})

testUnless(existsSync('/dev/full') ? null : '/dev/full, which is never to be had here')(
  'an output that cannot be written is an error with a code, not a trace of calls',
  async () => {
    await stdoutOf('put', 'full', 'x')
    const endpoints = cluster.endpoints.join(',')
    for (const command of ['export', 'get full']) {
      const script = `"$0" "$1" kv ${command} --endpoints ${endpoints} > /dev/full`
      const { status, stderr } = await runCommand('sh', ['-c', script, process.execPath, cluster.program])
      expect(stderr).toMatch(
        /^error: standard output cannot be written: ENOSPC.* \[QUORATE_OUTPUT\]\noutcome unknown: .*\nhint: .*\n$/,
      )
      expect(status).toBe(1)
    }
    await stdoutOf('del', 'full')
  },
)

interface Status {
  readonly endpoint: string
  readonly role?: string
  readonly leader?: string
  readonly memberId?: string
  readonly error?: string
}

test('status shows each endpoint, as a table or as JSON, and fails if one does not answer', async () => {
  const all = cluster.endpoints.join(',')
  const table = await quorate(['status', '--endpoints', all])
  expect(table.status).toBe(0)
  expect(table.stdout.split('\n')[0]).toMatch(
    /^ENDPOINT +MEMBER +VERSION +DB SIZE +ROLE +CONSENSUS +TERM +INDEX +APPLIED/,
  )
  expect(table.stdout.match(/ leader /g)).toHaveLength(1)
  expect(table.stdout.match(/ follower /g)).toHaveLength(2)
  const [free] = await freePorts(1)
  const json = await quorate(['status', '--json', '--endpoints', `${all},127.0.0.1:${free}`])
  expect(json.status).toBe(1)
  const statuses = JSON.parse(json.stdout) as Status[]
  expect(statuses).toHaveLength(4)
  expect(statuses[3]).toMatchObject({ endpoint: `127.0.0.1:${free}`, error: expect.any(String) as string })
  const leaders = new Set(statuses.slice(0, 3).map(each => each.leader))
  expect(leaders.size).toBe(1)
  expect(statuses.find(each => each.role === 'leader')?.memberId).toBe([...leaders][0])
})

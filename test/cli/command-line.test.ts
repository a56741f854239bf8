/** Command lines that make no sense, and ports that are taken: what is said, with which code and status. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { quorate } from '../harness/command.ts'
import { type LoneNode, loneNodes } from '../harness/lone-node.ts'

// Many processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let directory: string
const prepared = loneNodes()

async function started(...flags: string[]): Promise<LoneNode> {
  const lone = await prepared(...flags)
  await lone.start()
  return lone
}

beforeAll(() => {
  directory = mkdtempSync(`${tmpdir()}/quorate-flags-`)
})

afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
})

describe('a command line that makes no sense has status 2 and QUORATE_CONFIG_INVALID', () => {
  test.each([
    ['kv get', "missing required argument 'key'"],
    ['kv get a b', 'too many arguments'],
    ['kv get a --prefix --from-key', "'--prefix' cannot be used with option '--from-key'"],
    ['kv get a --prefix --range-end b', "'--prefix' cannot be used with option '--range-end"],
    ['kv get a --from-key --range-end b', "'--from-key' cannot be used with option '--range-end"],
    ['kv get a --keys-only --count-only', "'--count-only' cannot be used with option '--keys-only'"],
    ['kv get a --keys-only --print-value-only', "cannot be used with option '--keys-only'"],
    ['kv get a --limit many', 'must be a whole number'],
    ['kv get a --limit -1', 'must be a whole number'],
    ['kv get a --limit 0x10', 'must be a whole number'],
    ['kv get a --limit=', 'must be a whole number'],
    ['kv get a --json --print-value-only', "cannot be used with option '--json'"],
    ['kv get a --nonsense', "unknown option '--nonsense'"],
    ['kv del a --prefix --from-key', "'--prefix' cannot be used with option '--from-key'"],
    ['kv gte a', "unknown command 'gte'"],
    ['store verify', "missing required argument 'directory'"],
    ['store stats a b', 'too many arguments'],
    ['store repair a', "unknown command 'repair'"],
    ['nonsense', "unknown command 'nonsense'"],
    ['compact soon', 'must be a whole number'],
    ['status --endpoints https://127.0.0.1:1,http://127.0.0.1:2', 'either all speak TLS, or none does'],
    ['status --endpoints http://127.0.0.1:1 --cacert x', 'has no use'],
    ['status --endpoints https://127.0.0.1:1 --cert x', '--cert and --key are given together'],
    ['status --endpoints ftp://127.0.0.1', 'not an endpoint: ftp://127.0.0.1'],
    ['status --endpoints 127.0.0.1:65536', 'not an endpoint'],
    ['status --endpoints ,', '--endpoints is empty'],
    ['dev --nodes 0', '--nodes must be from 1 to 6'],
    ['dev --nodes 7', '--nodes must be from 1 to 6'],
    ['dev --nodes two', 'must be a whole number'],
    ['dev --data-dir=', '--data-dir must not be empty'],
    ['dev --consensus zab', 'Allowed choices are raft, paxos'],
    ['server --nonsense', 'unknown flag: --nonsense'],
    ['server --name a --name b', '--name is given twice'],
    ['server --cert-file x', '--cert-file and --key-file are given together'],
    ['server --heartbeat-interval soon', '--heartbeat-interval: must be a whole number'],
    ['server --snapshot-count=', '--snapshot-count: must be a whole number'],
    ['server --store-cache-bytes 1000', '--store-cache-bytes: must be'],
    ['server --heartbeat-interval 500 --election-timeout 1000', 'must be at least 5 times'],
    ['server --listen-client-urls http://h:1/path', '--listen-client-urls: a URL here has no path'],
    ['server --listen-client-urls 127.0.0.1:14379', '--listen-client-urls: not a URL: 127.0.0.1:14379'],
    ['server --grpc-keepalive-interval -5s', '--grpc-keepalive-interval needs a duration'],
    ['server --initial-cluster a=http://h:1 --name b', '--initial-cluster does not name this node, "b"'],
  ])('quorate %s', async (line, message) => {
    const { status, stdout, stderr } = await quorate(line.split(' '), { directory })
    expect(stderr).toContain(message)
    expect(stderr).toContain('[QUORATE_CONFIG_INVALID]')
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    // Nothing was begun: no data directory was made.
    expect(readdirSync(directory)).toEqual([])
  })
})

test.each(['a-file', '/proc/zz'])('quorate dev on %s as its data directory says why not', async path => {
  const place = mkdtempSync(`${tmpdir()}/quorate-place-`)
  writeFileSync(`${place}/a-file`, '')
  const { status, stderr } = await quorate(['dev', '--data-dir', path], { directory: place })
  expect(stderr).toContain(`error: the data directory ${path} cannot be used: `)
  expect(stderr).toContain('[QUORATE_DATA_DIR_UNREADABLE]\nhint: ')
  expect(status).toBe(3)
  rmSync(place, { recursive: true })
})

test('quorate server --version says which quorate and which API of etcd', async () => {
  const { status, stdout, stderr } = await quorate(['server', '--version'])
  expect(stdout).toMatch(/^quorate Version: \d+\.\d+\.\d+\netcd API Version: 3\.\d+\.\d+\n$/)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})

describe('a port that is taken', () => {
  test.each(['clientUrl', 'peerUrl'] as const)('for its %s keeps a node from starting', async which => {
    const lone = await prepared()
    const url = lone.node.layout[which]
    const holder = createServer()
    await new Promise<void>(resolve => holder.listen(Number(new URL(url).port), '127.0.0.1', resolve))
    const { status, said } = await lone.refusesToStart()
    expect(said).toContain(`error: ${url} is in use by another process [QUORATE_ADDRESS_IN_USE]`)
    expect(said).toContain('hint: stop that process, or choose other URLs')
    expect(status).toBe(3)
    await new Promise(resolve => holder.close(resolve))
    // The refusal left nothing behind that keeps it from starting later.
    await lone.start()
  })

  test('one that is no address of this machine is QUORATE_ADDRESS_UNUSABLE', async () => {
    const lone = await prepared()
    const args = ['server', '--listen-client-urls', 'http://192.0.2.1:2379', '--listen-peer-urls']
    args.push(lone.node.layout.peerUrl, '--data-dir', lone.dataDir)
    const { status, stderr } = await quorate(args)
    expect(stderr).toContain('cannot listen on http://192.0.2.1:2379: ')
    expect(stderr).toContain('[QUORATE_ADDRESS_UNUSABLE]')
    expect(status).toBe(3)
  })
})

test('an idle flag of etcd is taken with a warning, and the node serves', async () => {
  const lone = await started('--max-wals=5', '--quota-backend-bytes=1000000')
  expect(lone.node.process.log()).toContain('--max-wals has no meaning here and is ignored')
  const metrics = await (await fetch(`${lone.url}/metrics`)).text()
  expect(metrics).toContain('\netcd_server_quota_backend_bytes 1000000\n')
  expect(metrics).toMatch(/\nprocess_resident_memory_bytes [1-9]\d{6,}\n/)
})

test('--quota-backend-bytes refuses puts above it, and loses nothing; deletions go on', async () => {
  const lone = await started('--quota-backend-bytes=400000')
  await lone.fill(4, 110_000)
  const put = (): ReturnType<LoneNode['kv']> =>
    lone.kv(['import'], `{"key":"more","value":"${'m'.repeat(200_000)}"}\n`)
  const { status, stderr } = await put()
  expect(stderr).toContain('etcdserver: mvcc: database space exceeded [QUORATE_CLIENT_REJECTED]')
  expect(status).toBe(1)
  expect(await lone.count()).toBe(4)
  const { stdout } = await lone.kv(['del', 'k', '--prefix', '--json'])
  expect(JSON.parse(stdout)).toMatchObject({ deleted: 4 })
})

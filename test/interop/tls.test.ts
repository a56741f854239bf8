/**
 * A cluster of real processes that speaks TLS with everybody, and wants to be shown certificates: with the clients that
 * people have, while nodes die and certificates are replaced; and everything that such a cluster is to refuse.
 */
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as dial } from 'node:tls'
import { Etcd3 } from 'etcd3'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { connectEndpoints } from '../../src/cli/connect-endpoints.ts'
import { type Client, PermissionType } from '../../src/client/index.ts'
import { Cluster, type ClusterNode } from '../harness/cluster.ts'
import { etcdctl, quorate, runCommand } from '../harness/command.ts'
import { Process } from '../harness/process.ts'
import { missing, testUnless } from '../harness/requirement.ts'
import { until } from '../harness/until.ts'

// Many processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const withEtcdctl = testUnless(missing('etcdctl', 'version'))
const withCurl = testUnless(missing('curl', '--version'))

let directory: string
let cluster: Cluster
const clients: Client[] = []

const cert = (name: string, set = 'certs'): string => join(directory, set, `${name}.pem`)
const certs = (set: string, ...args: string[]) =>
  quorate(['certs', '--dir', set, '--hosts', 'localhost,127.0.0.1', ...args], { directory })

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'quorate-tls-'))
  await certs('certs', '--client', 'root,app')
  await certs('others', '--client', 'root')
  await certs('newer', '--authority', 'certs')
  await certs('expired', '--authority', 'certs', '--days', '0')
  cluster = await Cluster.start({ scheme: 'https', flags: serverFlags() })
})
afterAll(async () => {
  for (const client of clients) client.close()
  await cluster?.destroy()
  rmSync(directory, { recursive: true, force: true })
})

function serverFlags(set = 'certs'): string[] {
  return [
    `--cert-file=${cert('server', set)}`,
    `--key-file=${cert('server-key', set)}`,
    `--trusted-ca-file=${cert('ca')}`,
    '--client-cert-auth',
    `--peer-cert-file=${cert('peer', set)}`,
    `--peer-key-file=${cert('peer-key', set)}`,
    `--peer-trusted-ca-file=${cert('ca')}`,
    '--peer-client-cert-auth',
    '--peer-cert-allowed-cn=peer',
  ]
}

const asRoot = (set = 'certs') => ({
  cacert: cert('ca', set),
  cert: cert('client-root', set),
  key: cert('client-root-key', set),
})
const flagsOf = (credentials: Record<string, string>): string[] =>
  Object.entries(credentials).map(([name, value]) => `--${name}=${value}`)
const endpoints = (): string => cluster.endpoints.join(',')

function client(security: Parameters<typeof connectEndpoints>[1] = asRoot()): Client {
  const { client: made } = connectEndpoints(endpoints(), security)
  clients.push(made)
  return made
}

/** The serial number of what a client port shows now. */
function serialOf(node: ClusterNode): Promise<string> {
  const { port } = new URL(node.layout.clientUrl)
  const read = (name: string): Buffer => readFileSync(cert(name))
  const credentials = { ca: read('ca'), cert: read('client-root'), key: read('client-root-key') }
  return new Promise((resolve, reject) => {
    const socket = dial({ host: '127.0.0.1', port: Number(port), ...credentials }, () => {
      resolve(socket.getPeerCertificate().serialNumber)
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

describe('a cluster that speaks TLS', () => {
  withEtcdctl('serves etcdctl: put, get, watch, members, health', async () => {
    const ctl = (...args: string[]) => etcdctl(endpoints(), [...flagsOf(asRoot()), ...args])
    expect((await ctl('put', 'etcdctl', 'hello')).stdout).toBe('OK\n')
    expect((await ctl('get', 'etcdctl', '--print-value-only')).stdout).toBe('hello\n')
    const members = await ctl('member', 'list')
    expect(members.stdout.match(/https:\/\/127\.0\.0\.1:\d+/g)?.length).toBeGreaterThanOrEqual(3)
    expect((await ctl('endpoint', 'health')).stderr.match(/is healthy/g)).toHaveLength(3)
    const watch = [`--endpoints=${endpoints()}`, ...flagsOf(asRoot()), 'watch', '--rev=1', 'etcdctl']
    const watching = new Process('etcdctl', watch, join(directory, 'watch.log'), { ETCDCTL_API: '3' })
    await until('the event', () => watching.log().includes('hello'))
    await watching.kill()
  })

  test("serves quorate's own commands, by flags or by variables", async () => {
    const flags = ['--endpoints', endpoints(), ...flagsOf(asRoot())]
    expect((await quorate(['kv', 'put', 'quorate', 'mine', ...flags])).status).toBe(0)
    const { cacert, cert: shown, key } = asRoot()
    const environment = {
      ETCDCTL_ENDPOINTS: endpoints(),
      ETCDCTL_CACERT: cacert,
      ETCDCTL_CERT: shown,
      ETCDCTL_KEY: key,
    }
    const got = await quorate(['kv', 'get', 'quorate', '--print-value-only'], { environment })
    expect(got).toMatchObject({ status: 0, stdout: 'mine\n' })
    expect((await quorate(['status', ...flags])).status).toBe(0)
  })

  test("serves npm's etcd3", async () => {
    const read = (name: string): Buffer => readFileSync(cert(name))
    const credentials = {
      rootCertificate: read('ca'),
      privateKey: read('client-app-key'),
      certChain: read('client-app'),
    }
    const etcd3 = new Etcd3({ hosts: cluster.endpoints, credentials })
    await etcd3.put('etcd3').value('tls')
    expect(await etcd3.get('etcd3').string()).toBe('tls')
    etcd3.close()
  })

  withCurl('serves curl, over HTTP/1.1 and HTTP/2', async () => {
    const { cacert, cert: shown, key } = asRoot()
    const url = cluster.node(0).layout.clientUrl
    for (const version of ['--http1.1', '--http2']) {
      const args = ['-sS', version, '--cacert', cacert, '--cert', shown, '--key', key]
      const version_ = await runCommand('curl', [...args, `${url}/version`])
      expect(JSON.parse(version_.stdout)).toHaveProperty('etcdserver')
      const range = await runCommand('curl', [...args, '-d', '{"key":"cXVvcmF0ZQ=="}', `${url}/v3/kv/range`])
      expect(JSON.parse(range.stdout)).toHaveProperty('header.cluster_id')
    }
  })

  test('goes on when a node is killed, and takes it back', async () => {
    const node = cluster.node(2)
    const writer = client()
    await node.kill()
    for (let i = 0; i < 20; i++) await writer.put(`killed/${i}`, String(i), { idempotent: true })
    node.start()
    await node.becomesHealthy()
    const { perEndpoint } = connectEndpoints(node.layout.clientUrl, asRoot())
    const own = perEndpoint[0]!.client
    clients.push(own)
    expect((await own.range({ from: 'killed/', to: 'killed0' })).count).toBe(20)
  })

  test('replaces its certificates while clients come, go and write, without a request that fails', async () => {
    const before = await serialOf(cluster.node(0))
    let isDone = false
    let written = 0
    const load = async (): Promise<void> => {
      while (!isDone) {
        // A client each: every one begins with a handshake.
        const { client: fresh } = connectEndpoints(endpoints(), asRoot())
        for (let i = 0; i < 5; i++) {
          await fresh.put('load', String(written))
          written++
        }
        fresh.close()
      }
    }
    const running = [load(), load()]
    await until('some writes', () => written > 20)
    for (const name of ['server', 'server-key', 'peer', 'peer-key']) {
      cpSync(cert(name, 'newer'), `${cert(name)}.new`)
      renameSync(`${cert(name)}.new`, cert(name))
    }
    await until('the new certificate', async () => (await serialOf(cluster.node(0))) !== before)
    const atSwap = written
    await until('more writes', () => written > atSwap + 20)
    isDone = true
    await Promise.all(running)
    // A peer that comes again shows the new one, and meets it.
    const node = cluster.node(1)
    await node.kill()
    node.start()
    await node.becomesHealthy()
  })
})

describe('a cluster that speaks TLS refuses', () => {
  const tried = (security: Parameters<typeof connectEndpoints>[1]): Promise<unknown> =>
    client(security).put('refused', 'x', { timeoutMs: 1_500 })

  test('a client without a certificate, or with one of another authority', async () => {
    const refusal = { code: expect.stringMatching(/^QUORATE_CLIENT_(UNAVAILABLE|OUTCOME_UNKNOWN)$/) }
    await expect(tried({ cacert: cert('ca') })).rejects.toMatchObject(refusal)
    await expect(tried({ ...asRoot('others'), cacert: cert('ca') })).rejects.toMatchObject(refusal)
    expect(await client().get('refused')).toBeUndefined()
  })

  test('to be believed by a client that trusts another authority', async () => {
    const believing = tried({ ...asRoot(), cacert: cert('ca', 'others') })
    await expect(believing).rejects.toThrow(/TLS: unable to verify|TLS: self-signed|TLS: certificate/)
  })

  test('a client that speaks plainly, and says so once in its log', async () => {
    const node = cluster.node(0)
    const { port } = new URL(node.layout.clientUrl)
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow()
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow()
    const said = (): number => node.process.log().split('plain HTTP came where TLS is spoken').length - 1
    await until('the line in the log', () => said() > 0)
    expect(said()).toBe(1)
    expect(await node.healthy()).toBe(true)
  })

  test('a peer whose certificate has another name, though the authority is the same', async () => {
    const node = cluster.node(0)
    const { port } = new URL(node.layout.peerUrl)
    const read = (name: string): Buffer => readFileSync(cert(name))
    const credentials = { ca: read('ca'), cert: read('client-root'), key: read('client-root-key') }
    const socket = dial({ host: '127.0.0.1', port: Number(port), ...credentials })
    socket.on('error', () => {})
    await new Promise<void>(resolve => socket.once('close', () => resolve()))
    await until('the line in the log', () =>
      node.process.log().includes('the common name of its certificate, root, is not allowed'),
    )
  })

  test.each([
    ['QUORATE_TLS_CERTIFICATE_EXPIRED', () => serverFlags('expired')],
    [
      'QUORATE_TLS_KEY_MISMATCH',
      () => [...serverFlags().filter(f => !f.startsWith('--key-file')), `--key-file=${cert('peer-key')}`],
    ],
    ['QUORATE_TLS_FILE_UNREADABLE', () => serverFlags('nowhere')],
  ])('to start with %s, before anything is written', async (code, flags) => {
    const dataDir = join(directory, 'never')
    const args = [
      ...['server', '--name=x', `--data-dir=${dataDir}`, '--listen-client-urls=https://127.0.0.1:1'],
      ...['--listen-peer-urls=https://127.0.0.1:2', '--initial-advertise-peer-urls=https://127.0.0.1:2'],
      ...['--initial-cluster=x=https://127.0.0.1:2', ...flags()],
    ]
    const { status, stderr } = await quorate(args)
    expect(status).toBe(3)
    expect(stderr).toContain(`[${code}]`)
    expect(() => readFileSync(dataDir)).toThrow('ENOENT')
  })
})

describe('a user by the name in a certificate', () => {
  let guarded: Cluster
  const shown = (name: string) => ({
    cacert: cert('ca'),
    cert: cert(`client-${name}`, 'users'),
    key: cert(`client-${name}-key`, 'users'),
  })
  const connected = (name: string, credentials?: { username: string; password: string }): Client => {
    const { client: made } = connectEndpoints(guarded.endpoints.join(','), shown(name), credentials)
    clients.push(made)
    return made
  }
  const denied = { message: 'etcdserver: permission denied', outcome: 'refused' }

  beforeAll(async () => {
    await certs('users', '--authority', 'certs', '--client', 'root,app,eve')
    guarded = await Cluster.start({ scheme: 'https', nodes: 1, flags: serverFlags() })
    const { auth } = connected('root')
    await auth.addUser('root', 'rootpw')
    await auth.addRole('root')
    await auth.grantRole('root', 'root')
    await auth.addUser('app', undefined)
    await auth.addRole('app')
    await auth.grantPermission('app', {
      type: PermissionType.readWrite,
      key: Buffer.from('a'),
      rangeEnd: Buffer.from('b'),
    })
    await auth.grantRole('app', 'app')
    await auth.enable()
  })
  afterAll(async () => {
    await guarded?.destroy()
  })

  test('may do what that user may, and no more', async () => {
    await connected('app').put('a/1', 'v')
    await expect(connected('app').put('b', 'v')).rejects.toMatchObject(denied)
    await expect(connected('app').auth.addUser('another', 'pw')).rejects.toMatchObject(denied)
    await connected('root').put('b', 'v')
    await expect(connected('eve').put('a/1', 'v')).rejects.toMatchObject(denied)
  })

  test('is whom its token says, where it has one', async () => {
    await connected('app', { username: 'root', password: 'rootpw' }).put('b', 'v')
  })

  withCurl('is nobody through the JSON gateway, which asks for others', async () => {
    const { cacert, cert: file, key } = shown('root')
    const [endpoint] = guarded.endpoints
    const body = JSON.stringify({ key: Buffer.from('a').toString('base64') })
    const flags = ['-sS', '--cacert', cacert, '--cert', file, '--key', key]
    const { stdout } = await runCommand('curl', [...flags, '-d', body, `${endpoint}/v3/kv/range`])
    expect(JSON.parse(stdout)).toMatchObject({ message: 'etcdserver: user name is empty' })
  })
})

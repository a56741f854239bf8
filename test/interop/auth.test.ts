/**
 * Authentication on a cluster of three processes: etcdctl's commands for users and roles, npm's etcd3, our own client
 * and command line, the JSON gateway; a token is good at every member, and all of it outlives restarts and leaders.
 */
import { Etcd3, EtcdAuthenticationFailedError, EtcdPermissionDeniedError } from 'etcd3'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { connectEndpoints } from '../../src/cli/connect-endpoints.ts'
import { Cluster } from '../harness/cluster.ts'
import { etcdctl, quorate } from '../harness/command.ts'
import { missing, testUnless } from '../harness/requirement.ts'
import { until } from '../harness/until.ts'

// Many processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

const withEtcdctl = testUnless(missing('etcdctl', 'version'))

const ROOT = 'root:rootpw'
const ANNA = { username: 'anna', password: 'annapw' }

let cluster: Cluster

/** Users, a role and the keys from `a` to `b`, set up by the commands of this house. */
beforeAll(async () => {
  cluster = await Cluster.start()
  for (const args of [
    ['user', 'add', ROOT],
    ['user', 'add', 'anna:annapw'],
    ['role', 'add', 'a'],
    ['role', 'grant-permission', 'a', 'readwrite', 'a', 'b'],
    ['user', 'grant-role', 'anna', 'a'],
    ['auth', 'enable'],
  ]) {
    const { status, stderr } = await quorate([...args, '--endpoints', cluster.endpoints.join(',')])
    expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: '' })
  }
})

afterAll(async () => {
  await cluster?.destroy()
})

const all = (): string => cluster.endpoints.join(',')

/** The last line of what etcdctl complains about, or what it prints. */
async function ctl(user: string | undefined, ...args: string[]): Promise<string> {
  const flags = user === undefined ? [] : [`--user=${user}`]
  const { status, stdout, stderr } = await etcdctl(cluster.endpoints[0]!, [...flags, ...args])
  return status === 0 ? stdout.trim() : (stderr.trim().split('\n').at(-1) ?? '')
}

withEtcdctl("etcdctl's commands for users, roles and authentication do what they do with etcd", async () => {
  const root = (...args: string[]) => ctl(ROOT, ...args)
  expect(await root('user', 'add', 'bob:bobpw')).toBe('User bob created')
  expect(await root('user', 'add', 'bob:again')).toBe('Error: etcdserver: user name already exists')
  expect(await root('user', 'add', 'machine', '--no-password')).toBe('User machine created')
  expect(await root('role', 'add', 'b')).toBe('Role b created')
  expect(await root('role', 'grant-permission', 'b', '--prefix=true', 'read', 'b/')).toBe('Role b updated')
  expect(await root('role', 'grant-permission', 'b', 'write', 'c')).toBe('Role b updated')
  expect(await root('user', 'grant-role', 'bob', 'b')).toBe('Role b is granted to user bob')
  expect(await root('user', 'grant-role', 'bob', 'x')).toBe('Error: etcdserver: role name not found')
  expect(await root('user', 'list')).toBe('anna\nbob\nmachine\nroot')
  expect(await root('role', 'list')).toBe('a\nb\nroot')
  expect(await root('user', 'get', 'bob')).toBe('User: bob\nRoles: b')
  expect(await root('role', 'get', 'b')).toBe('Role b\nKV Read:\n\t[b/, b0) (prefix b/)\nKV Write:\n\tc')
  expect(await ctl('bob:bobpw', 'put', 'c', '1')).toBe('OK')
  expect(await ctl('bob:bobpw', 'get', 'c')).toBe('Error: etcdserver: permission denied')
  expect(await ctl('bob:wrong', 'get', 'b/')).toContain('authentication failed')
  expect(await ctl(undefined, 'get', 'b/')).toBe('Error: etcdserver: user name is empty')
  const { stdout } = await etcdctl(
    cluster.endpoints[1]!,
    [`--user=${ROOT}`, 'user', 'passwd', 'bob', '--interactive=false'],
    { stdin: 'newpw\n' },
  )
  expect(stdout.trim()).toBe('Password updated')
  expect(await ctl('bob:newpw', 'get', 'b/')).toBe('')
  expect(await root('role', 'revoke-permission', 'b', 'c')).toContain(
    'Permission of key c is revoked from role b',
  )
  expect(await ctl('bob:newpw', 'put', 'c', '1')).toBe('Error: etcdserver: permission denied')
  expect(await root('user', 'revoke-role', 'bob', 'b')).toBe('Role b is revoked from user bob')
  expect(await root('role', 'delete', 'b')).toBe('Role b deleted')
  expect(await root('user', 'delete', 'bob')).toBe('User bob deleted')
  expect(await root('user', 'delete', 'machine')).toBe('User machine deleted')
  expect(await root('user', 'delete', 'root')).toBe('Error: etcdserver: invalid auth management')
})

test("quorate's commands log in, those that ask every node too; their JSON is what was granted", async () => {
  const asRoot = async (...args: string[]): Promise<unknown> => {
    const { status, stdout, stderr } = await quorate([
      ...args,
      '--json',
      '--user',
      ROOT,
      '--endpoints',
      all(),
    ])
    expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: '' })
    return JSON.parse(stdout)
  }
  await asRoot('role', 'add', 'quoted')
  await asRoot('role', 'grant-permission', 'quoted', 'read', '"q"', '--from-key')
  expect(await asRoot('role', 'get', 'quoted')).toEqual({
    role: 'quoted',
    permissions: [{ type: 'read', key: '"q"', rangeEnd: '\0' }],
  })
  await asRoot('role', 'delete', 'quoted')
  expect(await asRoot('defrag')).toHaveLength(3)
})

test("etcdctl's variables say who asks; our own, and the flag, come first", async () => {
  const list = (environment: Record<string, string>, ...flags: string[]) =>
    quorate(['user', 'list', '--endpoints', all(), ...flags], { environment })
  const anna = `${ANNA.username}:${ANNA.password}`
  expect(await list({ ETCDCTL_USER: ROOT })).toMatchObject({ status: 0 })
  const [username, password] = ROOT.split(':')
  expect(await list({ ETCDCTL_USER: username!, ETCDCTL_PASSWORD: password! })).toMatchObject({ status: 0 })
  expect(await list({ ETCDCTL_USER: anna, QUORATE_USER: ROOT })).toMatchObject({ status: 0 })
  expect(await list({ ETCDCTL_USER: ROOT }, '--user', anna)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('permission denied'),
  })
})

test('npm etcd3 logs in, and manages users and roles', async () => {
  const hosts = cluster.endpoints
  const root = new Etcd3({ hosts, auth: { username: 'root', password: 'rootpw' } })
  const anna = new Etcd3({ hosts, auth: ANNA })
  const wrong = new Etcd3({ hosts, auth: { ...ANNA, password: 'wrong' } })
  try {
    await anna.put('a/etcd3').value('1')
    expect(await anna.get('a/etcd3').string()).toBe('1')
    await expect(anna.put('z').value('1')).rejects.toThrow(EtcdPermissionDeniedError)
    await expect(wrong.get('a/etcd3')).rejects.toThrow(EtcdAuthenticationFailedError)
    const role = root.role('etcd3')
    await role.create()
    await role.grant({
      permission: 'Read',
      range: root.namespace('n/').range ?? { start: 'n/', end: 'n0' },
    } as never)
    const user = root.user('carl')
    await user.create('carlpw')
    await user.addRole('etcd3')
    expect((await user.roles()).map(({ name }) => name)).toEqual(['etcd3'])
    await user.removeRole('etcd3')
    await user.delete()
    await role.delete()
  } finally {
    for (const each of [root, anna, wrong]) each.close()
  }
})

test('a token is good at every member at once, and through the JSON gateway', async () => {
  const post = (endpoint: string, path: string, body: object, token?: string) =>
    fetch(`${endpoint}/v3/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: token === undefined ? {} : { Authorization: token },
    })
  const [first] = cluster.endpoints
  const login = await post(first!, 'auth/authenticate', { name: 'anna', password: 'annapw' })
  const { token } = (await login.json()) as { token: string }
  for (const endpoint of cluster.endpoints) {
    const key = Buffer.from('a/json').toString('base64')
    expect((await post(endpoint, 'kv/put', { key, value: key }, token)).status).toBe(200)
    expect((await post(endpoint, 'kv/put', { key, value: key })).status).toBe(400)
    expect((await post(endpoint, 'kv/put', { key, value: key }, `${token}0`)).status).toBe(401)
    const other = Buffer.from('z').toString('base64')
    expect((await post(endpoint, 'kv/range', { key: other }, token)).status).toBe(403)
  }
})

test('a client goes on through a change of permissions, of the password of others, and of the leader', async () => {
  const { client: anna } = connectEndpoints(all(), {}, ANNA)
  const { client: root } = connectEndpoints(all(), {}, { username: 'root', password: 'rootpw' })
  try {
    await anna.put('a/1', 'x')
    await root.auth.addRole('another')
    await anna.put('a/1', 'y')
    await expect(anna.put('b', 'x')).rejects.toMatchObject({ outcome: 'refused' })
    const { leader } = await root.status()
    const { members } = await root.members()
    const successor = members.find(({ id }) => id !== leader)!
    const { perEndpoint } = connectEndpoints(all(), {}, { username: 'root', password: 'rootpw' })
    for (const { client } of perEndpoint) {
      const own = await client.status()
      if (own.header.memberId === leader) await client.cluster.moveLeader(successor.id)
    }
    for (const { client } of perEndpoint) client.close()
    await anna.put('a/1', 'z')
    expect(Buffer.from((await anna.get('a/1'))!.value).toString()).toBe('z')
    await root.auth.deleteRole('another')
  } finally {
    anna.close()
    root.close()
  }
})

test('a watch goes on with another token, and ends when its permission is taken away', async () => {
  const { client: root } = connectEndpoints(all(), {}, { username: 'root', password: 'rootpw' })
  const { client: eve } = connectEndpoints(all(), {}, { username: 'eve', password: 'evepw' })
  try {
    await root.auth.addUser('eve', 'evepw')
    await root.auth.grantRole('eve', 'a')
    const told: string[] = []
    const watching = (async () => {
      for await (const { events } of eve.watch('a/eve')) {
        for (const { kv } of events) told.push(Buffer.from(kv.value).toString())
      }
    })()
    const ended = expect(watching).rejects.toThrow('permission denied')
    await until('the watch to tell', async () => {
      await root.put('a/eve', 'before')
      return told.includes('before')
    })
    await root.auth.revokeRole('eve', 'a')
    await root.put('a/eve', 'after')
    await ended
    expect(told).not.toContain('after')
    await root.auth.deleteUser('eve')
  } finally {
    root.close()
    eve.close()
  }
})

test('all of it is there when every process was killed and started again', async () => {
  const { client: anna } = connectEndpoints(all(), {}, ANNA)
  try {
    await anna.put('a/kept', '1')
    for (const node of cluster.nodes) await node.kill()
    for (const node of cluster.nodes) node.start()
    for (const node of cluster.nodes) await node.becomesHealthy(60_000)
    const { stderr } = await quorate(['kv', 'get', 'a/kept', '--endpoints', all()])
    expect(stderr).toContain('user name is empty')
    // With the token from before.
    expect(await anna.get('a/kept')).toBeDefined()
  } finally {
    anna.close()
  }
})

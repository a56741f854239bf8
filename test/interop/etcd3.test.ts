/** npm's etcd3 client, as a program of somebody else uses it. */
import {
  Etcd3,
  EtcdRoleExistsError,
  EtcdUserNotFoundError,
  GRPCInvalidArgumentError,
  GRPCUnavailableError,
  Range,
} from 'etcd3'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Cluster } from '../harness/cluster.ts'
import { until } from '../harness/until.ts'

// Many processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let cluster: Cluster
let client: Etcd3

beforeAll(async () => {
  cluster = await Cluster.start()
  client = new Etcd3({ hosts: cluster.endpoints })
})

afterAll(async () => {
  client.close()
  await cluster.destroy()
})

test('put, get and delete, as text, number, JSON and bytes', async () => {
  await client.put('text').value('größe')
  await client.put('number').value(42)
  await client.put('json').value(JSON.stringify({ a: [1, 2] }))
  await client.put('bytes').value(Buffer.from([0, 255]))
  expect(await client.get('text').string()).toBe('größe')
  expect(await client.get('number').number()).toBe(42)
  expect(await client.get('json').json()).toEqual({ a: [1, 2] })
  expect(await client.get('bytes').buffer()).toEqual(Buffer.from([0, 255]))
  expect(await client.get('nothing')).toBeNull()
  expect(await client.get('text').exists()).toBe(true)
  const { deleted } = await client.delete().key('text')
  expect(deleted).toBe('1')
  expect(await client.get('text').exists()).toBe(false)
  const previous = await client.put('number').value(43).getPrevious()
  expect(previous.value.toString()).toBe('42')
})

test('getAll reads prefixes, ranges, limits, orders, keys and counts', async () => {
  const pairs = client.namespace('all/')
  for (const [key, value] of [
    ['a', 3],
    ['b', 2],
    ['c', 1],
    ['d', 4],
  ] as const)
    await pairs.put(key).value(value)
  expect(await pairs.getAll().strings()).toEqual({ a: '3', b: '2', c: '1', d: '4' })
  expect(await client.getAll().prefix('all/').keys()).toEqual(['all/a', 'all/b', 'all/c', 'all/d'])
  expect(await client.getAll().prefix('all/').count()).toBe(4)
  const sorted = await client.getAll().prefix('all/').sort('Value', 'Descend').limit(2).keys()
  expect(sorted).toEqual(['all/d', 'all/a'])
  expect(await client.getAll().inRange({ start: 'all/b', end: 'all/d' }).numbers()).toEqual({
    'all/b': 2,
    'all/c': 1,
  })
  const { header } = await client.put('all/a').value(9)
  expect(
    await client
      .get('all/a')
      .revision(Number(header.revision) - 1)
      .string(),
  ).toBe('3')
  await client.delete().prefix('all/')
  expect(await client.getAll().prefix('all/').count()).toBe(0)
})

test('a transaction does the one branch or the other', async () => {
  const guarded = (value: string) =>
    client
      .if('guarded', 'Create', '==', 0)
      .then(client.put('guarded').value(value))
      .else(client.get('guarded'))
      .commit()
  expect(await guarded('first')).toMatchObject({ succeeded: true })
  const second = await guarded('second')
  expect(second.succeeded).toBe(false)
  expect(second.responses[0]?.response_range?.kvs[0]?.value.toString()).toBe('first')
  const both = await client
    .if('guarded', 'Value', '==', 'first')
    .and('guarded', 'Version', '<', 2)
    .then(client.put('guarded').value('changed'), client.delete().key('nothing'))
    .commit()
  expect(both.succeeded).toBe(true)
  expect(await client.get('guarded')).toBe('changed')
})

test('software transactions of many at once lose no increment', async () => {
  await client.put('counter').value(0)
  const increment = () =>
    client.stm({ retries: 100 }).transact(async tx => {
      await tx.put('counter').value(((await tx.get('counter').number()) ?? 0) + 1)
    })
  await Promise.all(Array.from({ length: 8 }, increment))
  expect(await client.get('counter').number()).toBe(8)
})

test('a refusal is the error of its status, with the words of etcd', async () => {
  const error = await client
    .put('')
    .value('x')
    .exec()
    .catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(GRPCInvalidArgumentError)
  expect(String(error)).toContain('etcdserver: key is not provided')
  await expect(client.get('x').revision(1_000_000).exec()).rejects.toThrow(
    'etcdserver: mvcc: required revision is a future revision',
  )
  await expect(client.put('big').value('x'.repeat(1_600_000)).exec()).rejects.toThrow(
    'etcdserver: request is too large',
  )
})

test('roles hold permissions, users hold roles', async () => {
  const role = client.role('reader')
  await role.create()
  await role.grant({ permission: 'Read', range: Range.prefix('all/') })
  const user = client.user('somebody')
  await user.create('a password')
  await user.addRole('reader')
  expect((await client.getUsers()).map(each => each.name)).toEqual(['somebody'])
  expect((await client.getRoles()).map(each => each.name)).toEqual(['reader'])
  expect((await user.roles()).map(each => each.name)).toEqual(['reader'])
  expect(await role.permissions()).toMatchObject([{ permission: 'Read' }])
  await expect(client.role('reader').create()).rejects.toBeInstanceOf(EtcdRoleExistsError)
  await expect(client.user('nobody').roles()).rejects.toBeInstanceOf(EtcdUserNotFoundError)
  await user.removeRole('reader')
  await user.delete()
  await role.delete()
})

test('maintenance and members', async () => {
  const { members } = await client.cluster.memberList({})
  expect(members.map(member => member.name).toSorted()).toEqual(['n1', 'n2', 'n3'])
  expect(await client.maintenance.status()).toMatchObject({ version: '3.6.0' })
})

test('when a node dies the client goes on with the others, and a lone dead one is unavailable', async () => {
  await client.put('before').value('the death')
  const victim = cluster.node(0)
  const only = new Etcd3({ hosts: victim.layout.clientUrl })
  expect(await only.get('before')).toBe('the death')
  await victim.kill()
  await expect(only.get('before').exec()).rejects.toBeInstanceOf(GRPCUnavailableError)
  only.close()
  await until('writes through another node', async () => {
    await client.put('after').value('the death')
    return true
  })
  for (let i = 0; i < 20; i++) expect(await client.get('before')).toBe('the death')
  victim.start()
  await victim.becomesHealthy(60_000)
})

/**
 * Locks and elections: the client's, the command line's, etcdctl's and those of npm's etcd3 stand in one line, whoever
 * they are, for they follow one recipe. (etcd3's lock is another one, of a single key.)
 */
import { once } from 'node:events'
import { Etcd3 } from 'etcd3'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { connectEndpoints } from '../../src/cli/connect-endpoints.ts'
import type { Client } from '../../src/client/index.ts'
import { Cluster } from '../harness/cluster.ts'
import { etcdctl, quorate } from '../harness/command.ts'
import { missing, testUnless } from '../harness/requirement.ts'
import { until } from '../harness/until.ts'

// Many processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const withEtcdctl = testUnless(missing('etcdctl', 'version'))

let cluster: Cluster
let one: Client
let other: Client

beforeAll(async () => {
  cluster = await Cluster.start()
  one = connectEndpoints(cluster.endpoints.join(',')).client
  other = connectEndpoints(cluster.endpoints.toReversed().join(',')).client
}, 90_000)

afterAll(async () => {
  one?.close()
  other?.close()
  await cluster?.destroy()
})

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

async function inLine(name: string, count: number): Promise<void> {
  await until(`${count} to be in line`, async () => (await one.contenders(name)).length === count)
}

withEtcdctl('a lock goes from one to the next in the order in which they came', async () => {
  const order: string[] = []
  const held = await one.lock('ordered')
  const second = other.lock('ordered').then(async holding => {
    order.push('other')
    expect(holding.token).toBeGreaterThan(held.token)
    await holding.release()
  })
  await inLine('ordered', 2)
  const third = etcdctl(cluster.endpoints[1]!, ['lock', 'ordered', 'echo', 'done']).then(outcome => {
    order.push('etcdctl')
    return outcome
  })
  await inLine('ordered', 3)
  const endpoints = cluster.endpoints.join(',')
  const fourth = quorate([
    'lock',
    '--endpoints',
    endpoints,
    'ordered',
    'sh',
    '-c',
    'echo $ETCD_LOCK_REV',
  ]).then(outcome => {
    order.push('quorate')
    return outcome
  })
  await inLine('ordered', 4)
  const listed = await quorate(['lock', '--list', '--json', '--endpoints', endpoints, 'ordered'])
  const states = listed.stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { state: string; token: number })
  expect(states.map(({ state }) => state)).toEqual(['holds', 'waits', 'waits', 'waits'])
  expect(states[0]!.token).toBe(held.token)
  await held.release()
  const [, byEtcdctl, byQuorate] = await Promise.all([second, third, fourth])
  expect(order).toEqual(['other', 'etcdctl', 'quorate'])
  expect([byEtcdctl.stdout, byEtcdctl.status]).toEqual(['done\n', 0])
  expect([Number(byQuorate.stdout), byQuorate.status]).toEqual([states[3]!.token, 0])
  expect(await one.contenders('ordered')).toEqual([])
})

test('whoever gives up waiting leaves nothing behind, and is told its own reason', async () => {
  const held = await one.lock('given up')
  const patience = new AbortController()
  const waiting = other.lock('given up', { signal: patience.signal })
  await inLine('given up', 2)
  patience.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
  await inLine('given up', 1)
  await held.release()
})

test('a command may stand behind two dashes, and one that cannot be started leaves the lock to the next', async () => {
  const under = (...command: string[]) =>
    quorate(['lock', '--endpoints', cluster.endpoints.join(','), 'run under', ...command])
  expect(await under('--', 'echo', '--', 'done')).toMatchObject({ status: 0, stdout: '-- done\n' })
  const { status, stderr } = await under('/nowhere/to be found')
  expect({ status, stderr }).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('QUORATE_COMMAND_NOT_STARTED'),
  })
  expect(await one.contenders('run under')).toEqual([])
})

test('a lock whose lease is gone is lost: its holder is told, its guard refuses, and the next one has it', async () => {
  const held = await one.lock('lost', { ttlSeconds: 2 })
  const next = other.lock('lost')
  await inLine('lost', 2)
  const put = { kind: 'put' as const, put: { ...PUT, key: Buffer.from('guarded') } }
  const guarded = { compare: [held.guard], success: [put], failure: [] }
  expect((await one.txn(guarded)).succeeded).toBe(true)
  const [first] = await one.contenders('lost')
  await other.leases.revoke(first!.lease)
  const after = await next
  expect(after.token).toBeGreaterThan(held.token)
  expect((await one.txn(guarded)).succeeded).toBe(false)
  await until('the loss to be noticed', () => held.signal.aborted)
  await after.release()
})

const PUT = {
  value: Buffer.from('x'),
  lease: 0n,
  prevKv: false,
  ignoreValue: false,
  ignoreLease: false,
}

test('an election is told to whoever observes it, and so is every proclamation', async () => {
  const seen: string[] = []
  const stop = new AbortController()
  const observing = (async () => {
    for await (const { value } of other.observe('elected', stop.signal)) seen.push(text(value))
  })()
  const first = await one.elect('elected', 'one')
  const second = other.elect('elected', 'other')
  await inLine('elected', 2)
  await until('the first to be seen', () => seen.at(-1) === 'one')
  await first.proclaim('one again')
  await until('its proclamation to be seen', () => seen.at(-1) === 'one again')
  await first.release()
  const elected = await second
  await until('the second to be seen', () => seen.at(-1) === 'other')
  expect(seen).toEqual(['one', 'one again', 'other'])
  await expect(first.proclaim('too late')).rejects.toMatchObject({ code: 'QUORATE_CLIENT_LEASE_LOST' })
  stop.abort()
  await observing
  await elected.release()
})

withEtcdctl('etcdctl waits for our leader, and sees it', async () => {
  const held = await one.elect('mixed', 'ours')
  const proclaimed = await etcdctl(cluster.endpoints[2]!, ['get', 'mixed/', '--prefix', '--print-value-only'])
  expect(proclaimed.stdout).toBe('ours\n')
  const waiting = etcdctl(cluster.endpoints[0]!, ['lock', 'mixed', 'echo', 'elected'])
  await inLine('mixed', 2)
  await held.release()
  expect((await waiting).stdout).toBe('elected\n')
})

test('npm etcd3 locks and is elected', async () => {
  const client = new Etcd3({ hosts: cluster.endpoints })
  const lock = client.lock('theirs')
  await lock.acquire()
  await expect(client.lock('theirs').acquire()).rejects.toThrow()
  await lock.release()
  const campaign = client.election('their election', 10).campaign('me')
  await once(campaign, 'elected')
  expect(await client.election('their election').leader()).toBe('me')
  await campaign.resign()
  client.close()
})

/** What a client asks again arrives once more when it has gone on: over a bad path, or at a member that woke up. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PermissionType } from '../../src/client/auth-client.ts'
import type { Client } from '../../src/client/client.ts'
import type { Holding } from '../../src/client/lock.ts'
import { utf8Text } from '../../src/core/utf8.ts'
import { SimulatedCluster } from '../../src/sim/cluster/simulated-cluster.ts'

const LIMIT_MS = 60_000
const MEMBERS = ['a', 'b', 'c']

let cluster: SimulatedCluster
let client: Client

/** Runs until it is answered. */
async function answered<T>(request: Promise<T>): Promise<T> {
  let isOver = false
  const over = (): void => {
    isOver = true
  }
  request.then(over, over)
  expect(await cluster.until(() => isOver, LIMIT_MS)).toBe(true)
  return request
}

beforeEach(() => {
  cluster = new SimulatedCluster({ seed: 1, members: 3 })
  cluster.start()
  client = cluster.client('client', MEMBERS)
})

afterEach(() => client.close())

async function saidBy({ key }: Holding): Promise<string> {
  return utf8Text((await answered(client.get(key)))!.value)
}

test('what the elected said before does not come back', async () => {
  const holding = await answered(client.elect('chair', 'first'))
  // The client hears that its connection broke, and asks again; what it asked first comes out in 3 s.
  for (const name of MEMBERS) cluster.world.network.strand(name, 100_000, 3_000_000)
  await answered(holding.proclaim('second'))
  await answered(holding.proclaim('third'))
  expect(await saidBy(holding)).toBe('third')
  await cluster.runFor(4_000)
  expect(await saidBy(holding)).toBe('third')
})

test('what the elected said and was not answered counts as said', async () => {
  const holding = await answered(client.elect('chair', 'first'))
  const { links } = cluster.world.network
  for (const name of MEMBERS) links.cutOneWay(name, 'client')
  const told = holding.proclaim('second')
  await cluster.runFor(1_000)
  for (const name of MEMBERS) links.heal(name, 'client')
  await answered(told)
  await answered(holding.proclaim('third'))
  expect(await saidBy(holding)).toBe('third')
})

test('of what the elected says at once, all is said, in some order', async () => {
  const holding = await answered(client.elect('chair', 'first'))
  await answered(Promise.all(['x', 'y', 'z'].map(value => holding.proclaim(value))))
  expect(['x', 'y', 'z']).toContain(await saidBy(holding))
  expect((await answered(client.get(holding.key)))!.version).toBe(4)
})

test('who is elected no more says nothing', async () => {
  const holding = await answered(client.elect('chair', 'first'))
  await answered(holding.release())
  await expect(answered(holding.proclaim('second'))).rejects.toMatchObject({
    code: 'QUORATE_CLIENT_LEASE_LOST',
  })
})

const READ_ALL = { type: PermissionType.read, key: new Uint8Array(1), rangeEnd: new Uint8Array(1) }

test.each<[string, () => Promise<void>]>([
  ['a right is given', () => client.auth.grantPermission('role', READ_ALL)],
  ['authentication is switched off', () => client.auth.disable()],
])('that %s is asked for once: it may be taken back before it is done', async (_, change) => {
  await answered(client.auth.addRole('role'))
  for (const name of MEMBERS) cluster.world.network.strand(name, 100_000, 3_000_000)
  await expect(answered(change())).rejects.toMatchObject({ outcome: 'unknown' })
})

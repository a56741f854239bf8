/** `quorate lease` as processes of their own, against a cluster of three. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Cluster } from '../harness/cluster.ts'
import { type CommandOutcome, quorate } from '../harness/command.ts'
import { until } from '../harness/until.ts'

// Many processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let cluster: Cluster

beforeAll(async () => {
  cluster = await Cluster.start()
}, 60_000)

afterAll(async () => {
  await cluster.destroy()
})

function run(...args: string[]): Promise<CommandOutcome> {
  return quorate([...args, '--endpoints', cluster.endpoints.join(',')])
}

const stdoutOf = async (...args: string[]): Promise<string> => {
  const { status, stdout, stderr } = await run(...args)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}

test('a lease is granted, shown with its keys, kept alive, listed and revoked', async () => {
  const [, id] = /^lease ([0-9a-f]{16}) granted for 300 seconds\n$/.exec(
    await stdoutOf('lease', 'grant', '300'),
  )!
  await stdoutOf('kv', 'put', 'under/lease', 'x', '--lease', id!)
  const shown = await stdoutOf('lease', 'timetolive', id!, '--keys')
  expect(shown).toMatch(new RegExp(`^lease ${id}: 29\\d of 300 seconds left\\nunder/lease\\n$`))
  expect(await stdoutOf('lease', 'keep-alive', id!, '--once')).toBe(
    `lease ${id} kept alive for 300 seconds\n`,
  )
  expect(await stdoutOf('lease', 'list')).toBe(`${id}\n`)
  expect(await stdoutOf('lease', 'revoke', id!)).toBe(`lease ${id} revoked\n`)
  expect(await stdoutOf('kv', 'get', 'under/lease')).toBe('')
  expect(JSON.parse(await stdoutOf('lease', 'list', '--json'))).toEqual({ ids: [] })
})

test('keep-alive goes on until the lease is gone, and then says so', async () => {
  const { id } = JSON.parse(await stdoutOf('lease', 'grant', '1', '--json')) as { id: string }
  const kept = run('lease', 'keep-alive', id)
  let left = 0
  await until(
    'it to be renewed after its first time was over',
    async () => {
      left++
      return left > 12 && JSON.parse(await stdoutOf('lease', 'timetolive', id, '--json')).ttlSeconds >= 0
    },
    60_000,
  )
  await stdoutOf('lease', 'revoke', id)
  const { status, stderr } = await kept
  expect(status).toBe(1)
  expect(stderr).toContain('[QUORATE_CLIENT_LEASE_LOST]')
})

test.each([
  [['lease', 'timetolive', '12ab'], 1, 'there is no lease 00000000000012ab [QUORATE_CLIENT_LEASE_LOST]'],
  [['lease', 'keep-alive', '12ab', '--once'], 1, '[QUORATE_CLIENT_LEASE_LOST]'],
  [['lease', 'revoke', '12ab'], 1, 'etcdserver: requested lease not found [QUORATE_CLIENT_REJECTED]'],
  [['lease', 'grant', '9000000001'], 1, 'etcdserver: too large lease TTL [QUORATE_CLIENT_REJECTED]'],
  [['lease', 'grant', 'soon'], 2, '[QUORATE_CONFIG_INVALID]'],
  [['lease', 'revoke', 'xyz'], 2, '[QUORATE_CONFIG_INVALID]'],
])('quorate %j is refused', async (args, status, words) => {
  const outcome = await run(...args)
  expect(outcome.stderr).toContain(words)
  expect(outcome.status).toBe(status)
})

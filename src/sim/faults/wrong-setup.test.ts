import { describe, expect, test } from 'vitest'
import { SimulatedCluster } from '../cluster/simulated-cluster.ts'
import { MISTAKES } from './fault.ts'
import { startWrongly } from './wrong-setup.ts'

const LIMIT_MS = 30_000

describe('a machine on which a process is started that belongs elsewhere', () => {
  test.each(MISTAKES)('refuses it, and serves again once its own is started: %s', async mistake => {
    const cluster = new SimulatedCluster({ seed: 1 })
    cluster.start()
    await cluster.until(() => cluster.leaders.length === 1, LIMIT_MS)
    const [leader] = cluster.leaders
    const as = cluster.names.find(name => name !== leader)!
    expect(startWrongly({ kind: 'startWrongly', member: leader!, as, mistake }, cluster)).toBe(true)
    const member = cluster.member(leader!)
    expect(await cluster.until(() => member.state === 'stopped', LIMIT_MS)).toBe(true)
    expect(member.halted).toBeUndefined()
    member.start()
    expect(await cluster.until(() => member.node !== undefined, LIMIT_MS)).toBe(true)
  })

  test('has nothing to refuse with before its own has ever run, so it is left alone', () => {
    const cluster = new SimulatedCluster({ seed: 1 })
    expect(
      startWrongly({ kind: 'startWrongly', member: 'a', as: 'b', mistake: 'anotherToken' }, cluster),
    ).toBe(false)
    expect(cluster.member('a').state).toBe('stopped')
  })

  test('tells it if the process is taken after all', async () => {
    const cluster = new SimulatedCluster({ seed: 1 })
    const member = cluster.member('a')
    member.startWrongly(member.config)
    await cluster.until(() => !member.isUp, LIMIT_MS)
    expect(member.halted?.message).toBe('it serves with a configuration that is not its own')
  })
})

test('a member that is asked to stop hands over, ends without a halt, and comes back', async () => {
  const cluster = new SimulatedCluster({ seed: 1 })
  cluster.start()
  await cluster.until(() => cluster.leaders.length === 1, LIMIT_MS)
  const [leader] = cluster.leaders
  const member = cluster.member(leader!)
  member.stop()
  expect(await cluster.until(() => member.state === 'stopped', LIMIT_MS)).toBe(true)
  expect(cluster.halts).toEqual([])
  expect(cluster.leaders).toHaveLength(1)
  member.start()
  expect(await cluster.until(() => member.node !== undefined, LIMIT_MS)).toBe(true)
})

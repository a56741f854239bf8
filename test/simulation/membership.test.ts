/** Members that come, go and move, on whole nodes in virtual time. */
import { describe, expect, test } from 'vitest'
import type { Client } from '../../src/client/client.ts'
import { PROTOCOL_NAMES } from '../../src/protocols/protocols.ts'
import type { SimulatedMember } from '../../src/sim/cluster/member.ts'
import { peerUrlOf } from '../../src/sim/cluster/member-cluster.ts'
import { SimulatedCluster } from '../../src/sim/cluster/simulated-cluster.ts'
import type { Member } from '../../src/wire/etcd/cluster.ts'

/** What a promise comes to while virtual time passes. */
async function resolved<T>(cluster: SimulatedCluster, promise: Promise<T>): Promise<T> {
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined
  promise.then(
    value => {
      outcome = { value }
    },
    (error: unknown) => {
      outcome = { error }
    },
  )
  expect(await cluster.until(() => outcome !== undefined, 120_000)).toBe(true)
  if ('error' in outcome!) throw outcome.error
  return outcome!.value
}

async function members(cluster: SimulatedCluster, client: Client): Promise<Map<string, Member>> {
  const { members } = await resolved(cluster, client.members())
  return new Map(members.map(member => [member.name, member]))
}

/** Adds the machine as a member and starts it; resolves when it follows. */
async function joined(
  cluster: SimulatedCluster,
  client: Client,
  name: string,
  options: { readonly isLearner?: boolean; readonly isToVote?: boolean } = {},
): Promise<bigint> {
  const { member } = await resolved(cluster, client.cluster.add([peerUrlOf(name)], options))
  const machine = cluster.addMachine(name)
  machine.start()
  await follows(cluster, machine)
  return member.id
}

async function follows(cluster: SimulatedCluster, machine: SimulatedMember): Promise<void> {
  const isThere = (): boolean => applied(machine) > 0 && applied(machine) >= highest(cluster)
  expect(await cluster.until(isThere, 60_000), String(machine.halted)).toBe(true)
}

const applied = (machine: SimulatedMember): number =>
  (machine.node as { status?: { appliedIndex: number } } | undefined)?.status?.appliedIndex ?? 0
const highest = (cluster: SimulatedCluster): number => Math.max(...cluster.members.map(applied))

const codeOf = ({ halted }: SimulatedMember): string =>
  (halted as { code?: string } | undefined)?.code ?? String(halted)

describe.each(PROTOCOL_NAMES)('with %s', consensus => {
  /** A cluster of three with a client, in touch for so long that the strict checks let changes through. */
  async function begun(
    seed: number,
    size = 3,
    strictReconfigCheck = true,
  ): Promise<{ cluster: SimulatedCluster; client: Client }> {
    const cluster = new SimulatedCluster({ seed, members: size, config: { consensus, strictReconfigCheck } })
    cluster.start()
    const client = cluster.client('client')
    await resolved(cluster, client.put('before', 'v'))
    await cluster.runFor(6_000)
    return { cluster, client }
  }

  test('members publish their names and client URLs, in the same roster on each', async () => {
    const { cluster, client } = await begun(1)
    const found = await members(cluster, client)
    expect([...found.keys()].toSorted()).toEqual(['a', 'b', 'c'])
    expect(found.get('b')).toMatchObject({ clientUrls: ['http://b:2379'], peerUrls: ['http://b:2380'] })
  })

  test('a member that was added joins, serves, and is unstarted until then', async () => {
    const { cluster, client } = await begun(2)
    const { member } = await resolved(cluster, client.cluster.add([peerUrlOf('d')]))
    expect((await members(cluster, client)).get('')).toMatchObject({ id: member.id, clientUrls: [] })
    const d = cluster.addMachine('d')
    d.start()
    await follows(cluster, d)
    const of = cluster.client('asks d', ['d'])
    expect((await resolved(cluster, of.get('before')))?.key).toBeDefined()
    await cluster.runFor(2_000)
    expect((await members(cluster, client)).get('d')).toMatchObject({ id: member.id, isLearner: false })
    // From now on it counts: with two of four down there is no majority, with one down there is.
    cluster.member('a').kill()
    await resolved(cluster, client.put('three of four', 'v', { idempotent: true }))
    cluster.member('b').kill()
    await expect(resolved(cluster, client.put('two of four', 'v', { timeoutMs: 5_000 }))).rejects.toThrow()
  })

  test('a third member that starts for the first time takes the place of one that is down for good', async () => {
    const { cluster, client } = await begun(3)
    const gone = (await members(cluster, client)).get('c')!.id
    cluster.member('c').losePower()
    cluster.member('c').disk.wipe()
    await cluster.runFor(3_000)
    await resolved(cluster, client.cluster.remove(gone))
    await cluster.runFor(6_000)
    await joined(cluster, client, 'd')
    // The new one is needed: nobody had to ask the one that is lost whether it had ever promised anything.
    cluster.member('a').kill()
    await resolved(cluster, client.put('after', 'v', { idempotent: true }))
  })

  test('a member that joined and lost its disk is not taken for new again', async () => {
    const { cluster, client } = await begun(4)
    await joined(cluster, client, 'd')
    const d = cluster.member('d')
    d.losePower()
    d.disk.wipe()
    d.start()
    expect(await cluster.until(() => d.node?.doubt === 'lost', 20_000)).toBe(true)
    await follows(cluster, d)
    // Multi-Paxos teaches whoever is in doubt meanwhile; with Raft who follows has none.
    expect(await cluster.until(() => d.node?.doubt === 'none', consensus === 'raft' ? 0 : 1_000)).toBe(true)
  })

  test('a node that nobody has added does not start, and says why', async () => {
    const { cluster } = await begun(5)
    const d = cluster.addMachine('d')
    d.start()
    expect(await cluster.until(() => d.halted !== undefined, 60_000)).toBe(true)
    expect(codeOf(d)).toBe('QUORATE_JOIN_NOT_A_MEMBER')
  })

  test('a node that joins where nobody answers gives up, and says why', async () => {
    const { cluster } = await begun(6)
    for (const member of cluster.members) member.kill()
    const d = cluster.addMachine('d')
    d.start()
    expect(await cluster.until(() => d.halted !== undefined, 120_000)).toBe(true)
    expect(codeOf(d)).toBe('QUORATE_JOIN_UNANSWERED')
  })

  test('a member that slept while another came hears it lead', async () => {
    const { cluster, client } = await begun(15, 3, false)
    const [leader] = cluster.leaders
    const sleeper = cluster.names.find(name => name !== leader)!
    cluster.member(sleeper).kill()
    await joined(cluster, client, 'd', { isLearner: true, isToVote: true })
    await cluster.runFor(5_000)
    const d = (await members(cluster, client)).get('d')!.id
    await resolved(cluster, cluster.client('asks the leader', [leader!]).cluster.moveLeader(d))
    expect(await cluster.until(() => cluster.leaders.includes('d'), 10_000)).toBe(true)
    cluster.member(sleeper).start()
    await resolved(cluster, client.put('news', 'v', { idempotent: true }))
    await follows(cluster, cluster.member(sleeper))
    expect(cluster.leaders).toEqual(['d'])
  })

  test('a removed member stops itself, and is refused when it comes back, on whichever directory', async () => {
    const { cluster, client } = await begun(7)
    const c = cluster.member('c')
    await resolved(cluster, client.cluster.remove((await members(cluster, client)).get('c')!.id))
    expect(await cluster.until(() => c.halted !== undefined, 30_000)).toBe(true)
    expect(codeOf(c)).toBe('QUORATE_MEMBER_REMOVED')
    c.start()
    expect(await cluster.until(() => c.halted !== undefined, 30_000)).toBe(true)
    expect(codeOf(c)).toBe('QUORATE_MEMBER_REMOVED')
    c.disk.wipe()
    c.start()
    expect(await cluster.until(() => c.halted !== undefined, 30_000)).toBe(true)
    expect(codeOf(c)).toBe('QUORATE_MEMBER_REMOVED')
    await resolved(cluster, client.put('two are enough', 'v'))
  })

  test('one that was removed while it was down is told by the first whom it calls', async () => {
    const { cluster, client } = await begun(8)
    const c = cluster.member('c')
    c.kill()
    await cluster.runFor(3_000)
    await resolved(cluster, client.cluster.remove((await members(cluster, client)).get('c')!.id))
    await cluster.runFor(5_000)
    c.start()
    expect(await cluster.until(() => c.halted !== undefined, 30_000)).toBe(true)
    expect(codeOf(c)).toBe('QUORATE_MEMBER_REMOVED')
  })

  test('a learner that is to vote does so once it has caught up, and another one waits to be promoted', async () => {
    const { cluster, client } = await begun(9)
    for (let i = 0; i < 50; i++) await resolved(cluster, client.put(`key ${i}`, 'v'))
    await joined(cluster, client, 'd', { isLearner: true, isToVote: true })
    await cluster.runFor(5_000)
    expect((await members(cluster, client)).get('d')).toMatchObject({ isLearner: false })
    const e = await joined(cluster, client, 'e', { isLearner: true })
    await cluster.runFor(5_000)
    expect((await members(cluster, client)).get('e')).toMatchObject({ isLearner: true })
    await resolved(cluster, client.cluster.promote(e))
    expect((await members(cluster, client)).get('e')).toMatchObject({ isLearner: false })
  })

  test('the leader can be removed: another one leads, and no request is lost', async () => {
    const { cluster, client } = await begun(10)
    const [leader] = cluster.leaders
    await resolved(cluster, client.cluster.remove((await members(cluster, client)).get(leader!)!.id))
    await resolved(cluster, client.put('after', 'v', { idempotent: true }))
    expect(await cluster.until(() => cluster.member(leader!).halted !== undefined, 30_000)).toBe(true)
    expect(codeOf(cluster.member(leader!))).toBe('QUORATE_MEMBER_REMOVED')
  })

  test('every member is replaced, one after the other, until nobody is left of those who began', async () => {
    const { cluster, client } = await begun(11)
    for (const [old, young] of [
      ['a', 'd'],
      ['b', 'e'],
      ['c', 'f'],
    ] as const) {
      await resolved(cluster, client.put(`before ${old} goes`, 'v'))
      const newcomers = cluster.client(
        `knows ${young}`,
        ['a', 'b', 'c', 'd', 'e', 'f'].filter(name =>
          cluster.members.some(each => each.name === name && each.isUp),
        ),
      )
      await joined(cluster, newcomers, young)
      await cluster.runFor(7_000)
      await resolved(cluster, newcomers.cluster.remove((await members(cluster, newcomers)).get(old)!.id))
      expect(await cluster.until(() => cluster.member(old).halted !== undefined, 30_000)).toBe(true)
      await cluster.runFor(7_000)
    }
    const last = cluster.client('knows the last', ['d', 'e', 'f'])
    expect([...(await members(cluster, last)).keys()].toSorted()).toEqual(['d', 'e', 'f'])
    for (const key of ['before', 'before a goes', 'before c goes']) {
      expect(await resolved(cluster, last.get(key))).toBeDefined()
    }
    for (const name of ['d', 'e', 'f']) cluster.member(name).kill()
    for (const name of ['d', 'e', 'f']) cluster.member(name).start()
    await resolved(cluster, last.put('after all were started again', 'v', { idempotent: true }))
  })

  test('the cluster knows who its members are after all were started again', async () => {
    const { cluster, client } = await begun(12)
    await joined(cluster, client, 'd')
    await cluster.runFor(3_000)
    const before = await members(cluster, client)
    for (const member of cluster.members) member.losePower()
    for (const member of cluster.members) member.start()
    expect(await members(cluster, client)).toEqual(before)
  })

  test('a cluster of one grows to three, though of two both are needed', async () => {
    const { cluster, client } = await begun(13, 1)
    await joined(cluster, client, 'b')
    await cluster.runFor(3_000)
    expect((await members(cluster, client)).get('b')).toMatchObject({ isLearner: false })
    await cluster.runFor(6_000)
    await joined(cluster, client, 'c')
    await cluster.runFor(3_000)
    cluster.member('a').kill()
    const others = cluster.client('knows the others', ['b', 'c'])
    expect(await resolved(cluster, others.get('before'))).toBeDefined()
  })

  test('a member that is needed for a quorum joins though there is none without it', async () => {
    const { cluster, client } = await begun(14)
    await resolved(cluster, client.cluster.add([peerUrlOf('d')]))
    await cluster.runFor(1_000)
    // Three of four are a quorum: the newcomer is one of them.
    cluster.member('c').kill()
    const d = cluster.addMachine('d')
    d.start()
    await resolved(cluster, client.put('with d', 'v', { idempotent: true, timeoutMs: 60_000 }))
    expect(d.node).toBeDefined()
  })
})

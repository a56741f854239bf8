import { describe, expect, test } from 'vitest'
import { type Configuration, decodeConfiguration, isJoint } from './configuration.ts'
import { raft } from './index.ts'
import {
  Cluster,
  ELECTION_MS,
  HEARTBEAT_MS,
  isType,
  led,
  membership,
  node,
  touches,
} from './testing/cluster.ts'

const voters = (cluster: Cluster, id: number) => cluster.core(id).status().membership.voters.map(Number)
const role = (cluster: Cluster, id: number) => cluster.core(id).status().role

function configurations(cluster: Cluster, id: number): Configuration[] {
  const { history } = cluster.of(id)
  return history.filter(entry => entry.kind === 'configuration').map(entry => decodeConfiguration(entry.data))
}

describe('membership changes (Raft §6, thesis §4)', () => {
  test('a change of voters goes through a joint configuration and leaves it by itself', () => {
    const cluster = led([1, 2, 3], { strangers: [4, 5] })
    const change = cluster.reconfigure(1, [1, 4, 5])
    cluster.pass(10 * HEARTBEAT_MS)
    expect(cluster.outcome(1, change)).toBe('committed')
    expect(configurations(cluster, 1).map(isJoint)).toEqual([true, false])
    expect(voters(cluster, 5)).toEqual([1, 4, 5])
    expect(role(cluster, 4)).toBe('follower')
  })

  test('the context travels with the change, the whole way', () => {
    const cluster = led([1, 2, 3])
    cluster.reconfigure(1, [1, 2])
    cluster.settle()
    const entries = cluster.of(1).history.filter(entry => entry.kind === 'configuration')
    const read = entries.map(entry => raft.readConfiguration(entry.data, entry.index))
    expect(read.map(one => one.context.length)).toEqual([3, 3])
    expect(read.map(one => one.leaving)).toEqual([[3n], undefined])
    expect(read.map(one => one.membership)).toEqual([membership([1, 2]), membership([1, 2])])
  })

  test('a change of the context alone takes one entry', () => {
    const cluster = led([1, 2, 3])
    const change = cluster.reconfigure(2, [1, 2, 3])
    cluster.settle()
    expect(cluster.outcome(2, change)).toBe('committed')
    expect(configurations(cluster, 3).map(({ context }) => context.length)).toEqual([3])
  })

  test('changes are counted, and one that was made from another configuration is outdated', () => {
    const cluster = led([1, 2, 3], { strangers: [4, 5] })
    const first = cluster.reconfigure(1, [1, 2, 3, 4], [], 0)
    cluster.pass(10 * HEARTBEAT_MS)
    expect(cluster.outcome(1, first)).toBe('committed')
    expect(configurations(cluster, 1).map(({ version }) => version)).toEqual([1, 1])
    for (const at of [1, 2]) {
      const late = cluster.reconfigure(at, [1, 2, 3, 5], [], 0)
      cluster.settle()
      expect(cluster.objection(at, late)).toBe('outdated')
    }
    const second = cluster.reconfigure(2, [1, 2, 3], [], 1)
    cluster.pass(10 * HEARTBEAT_MS)
    expect(cluster.outcome(2, second)).toBe('committed')
  })

  test('a learner may vote once it holds nine tenths of the log', () => {
    const cluster = led([1, 2, 3], { learners: [4] })
    for (let i = 0; i < 20; i++) cluster.propose(1)
    const isLost = touches(4)
    cluster.settle(isLost)
    for (const at of [1, 2]) {
      const early = cluster.reconfigure(at, [1, 2, 3, 4])
      cluster.settle(isLost)
      expect(cluster.objection(at, early)).toBe('behind')
    }
    cluster.pass(10 * HEARTBEAT_MS)
    // Two of 21 entries may be missing.
    for (let i = 0; i < 2; i++) cluster.propose(1)
    cluster.settle(isLost)
    const promotion = cluster.reconfigure(1, [1, 2, 3, 4])
    cluster.pass(10 * HEARTBEAT_MS)
    expect(cluster.outcome(1, promotion)).toBe('committed')
    expect(role(cluster, 4)).toBe('follower')
  })

  test('a joint configuration needs a majority of both', () => {
    const cluster = led([1, 2, 3], { strangers: [4, 5, 6] })
    const change = cluster.reconfigure(1, [4, 5, 6])
    cluster.pass(5 * HEARTBEAT_MS, ({ from, to }) => [from, to].some(id => id > 4))
    expect(cluster.outcome(1, change)).toBe('open')
    cluster.pass(10 * HEARTBEAT_MS)
    expect(cluster.outcome(1, change)).toBe('committed')
  })

  test('a change of learners takes one entry, and learners count for nothing', () => {
    const cluster = led([1, 2, 3], { strangers: [4, 5] })
    cluster.reconfigure(1, [1, 2, 3], [4, 5])
    cluster.pass(10 * HEARTBEAT_MS)
    expect(configurations(cluster, 1).map(isJoint)).toEqual([false])
    expect(role(cluster, 4)).toBe('learner')
    expect(cluster.of(4).history).toHaveLength(cluster.of(1).history.length)
    const proposal = cluster.propose(1)
    cluster.settle(({ to }) => to === 2 || to === 3)
    expect(cluster.outcome(1, proposal)).toBe('open')
  })

  test('a learner never campaigns', () => {
    const cluster = led([1, 2], { learners: [3] })
    cluster.pass(ELECTION_MS)
    cluster.crash(1)
    cluster.crash(2)
    cluster.pass(60_000)
    expect(cluster.core(3).status()).toMatchObject({ role: 'learner', ballot: 1 })
  })

  test('a configuration is in force from the moment it is appended', () => {
    const cluster = led([1, 2, 3])
    cluster.reconfigure(1, [1])
    expect(voters(cluster, 1)).toEqual([1])
    cluster.take(isType('append')).map(envelope => cluster.deliver(envelope))
    expect(voters(cluster, 2)).toEqual([1])
    expect(cluster.core(2).status().commitIndex).toBe(1)
  })

  test('and the one before comes back when it is truncated', () => {
    const cluster = led([1, 2, 3], { strangers: [4] })
    cluster.reconfigure(1, [1, 2, 3, 4])
    cluster.take(() => true)
    expect(voters(cluster, 1)).toEqual([1, 2, 3, 4])
    cluster.pass(5 * ELECTION_MS, ({ from, to }) => from === 1 || to === 1)
    cluster.pass(5 * HEARTBEAT_MS)
    expect(voters(cluster, 1)).toEqual([1, 2, 3])
  })

  test('a second change is refused while the first is under way', () => {
    const cluster = led([1, 2, 3], { strangers: [4] })
    const first = cluster.reconfigure(1, [1, 2, 3, 4])
    expect(cluster.objection(1, cluster.reconfigure(1, [1, 2]))).toBe('busy')
    cluster.pass(10 * HEARTBEAT_MS)
    expect(cluster.outcome(1, first)).toBe('committed')
  })

  test('a change is refused before the leader has committed in its own term (raft-dev, 2015)', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.expire(1)
    cluster.settle(isType('append'))
    expect(role(cluster, 1)).toBe('leader')
    expect(cluster.objection(1, cluster.reconfigure(1, [1, 2]))).toBe('busy')
  })

  test('what is no membership is refused', () => {
    const cluster = led([1, 2, 3])
    expect(cluster.objection(1, cluster.reconfigure(1, []))).toBe('invalid')
    expect(cluster.objection(1, cluster.reconfigure(1, [1, 2], [2]))).toBe('invalid')
    expect(cluster.outcome(1, cluster.reconfigure(1, [0, 1]))).toBe('refused')
  })

  test('a follower forwards a change, and is told what became of it', () => {
    const cluster = led([1, 2, 3])
    const done = cluster.reconfigure(2, [1, 2])
    cluster.settle()
    expect(cluster.outcome(2, done)).toBe('committed')
    const refused = cluster.reconfigure(2, [])
    cluster.settle()
    expect(cluster.objection(2, refused)).toBe('invalid')
  })

  test('a leader that is not in the new configuration steps down when it is committed, and names a successor', () => {
    const cluster = led([1, 2, 3])
    const change = cluster.reconfigure(1, [2, 3])
    cluster.settle()
    expect(cluster.outcome(1, change)).toBe('committed')
    expect(role(cluster, 1)).toBe('learner')
    expect([2, 3].filter(id => role(cluster, id) === 'leader')).toHaveLength(1)
  })

  test('a removed node learns that it was removed, and disturbs nobody', () => {
    const cluster = led([1, 2, 3])
    cluster.reconfigure(1, [1, 2])
    cluster.settle()
    expect(voters(cluster, 3)).toEqual([1, 2])
    cluster.pass(60_000)
    expect(cluster.core(1).status()).toMatchObject({ role: 'leader', ballot: 1 })
  })

  describe.each([0, 2])('with news of commits after %i ms, a removed node', commitNoticeMs => {
    const seconds = 20

    /** What the removed node asks for while time passes. */
    function votesAskedFor(cluster: Cluster, id: number): number {
      let asked = 0
      cluster.pass(seconds * 1_000, ({ from, message }) => {
        if (from === id && message.type === 'voteRequest') asked++
        return false
      })
      return asked
    }

    test('is told that its removal is committed, whoever is the last to confirm it', () => {
      for (const [before, after, gone] of [
        [[1, 2, 3, 4], [1, 3, 4], 2],
        [[1, 2, 3], [1, 2], 3],
        [[1, 2, 3], [1, 3], 2],
      ] as const) {
        const cluster = led(before, { limits: { commitNoticeMs } })
        cluster.reconfigure(1, after)
        cluster.settle()
        expect(cluster.core(gone).status().commitIndex).toBe(cluster.core(1).status().commitIndex)
        expect(votesAskedFor(cluster, gone)).toBe(0)
        expect(cluster.core(1).describe()).not.toContain(` ${gone}:`)
      }
    })

    test('that is silent is given up after an election timeout, and no sooner', () => {
      const cluster = led([1, 2, 3], { limits: { commitNoticeMs } })
      const isLost = touches(3)
      cluster.reconfigure(1, [1, 2])
      cluster.settle(isLost)
      cluster.pass(ELECTION_MS - 2 * HEARTBEAT_MS, isLost)
      expect(cluster.core(1).describe()).toContain(' 3:')
      cluster.pass(3 * HEARTBEAT_MS, isLost)
      expect(cluster.core(1).describe()).not.toContain(' 3:')
      expect(cluster.core(1).status().role).toBe('leader')
    })
  })

  test('nor does one that was removed without learning of it', () => {
    const cluster = led([1, 2, 3])
    cluster.reconfigure(1, [1, 2])
    cluster.settle(({ to }) => to === 3)
    cluster.pass(60_000)
    expect(cluster.core(1).status()).toMatchObject({ role: 'leader', ballot: 1 })
    expect(voters(cluster, 3)).toEqual([1, 2, 3])
  })

  test('a removed server which alone holds the newest entries still campaigns (thesis §4.2.2)', () => {
    const cluster = led([1, 2, 3])
    cluster.reconfigure(1, [2])
    // The joint configuration reaches 2; C_new is appended by 1 and 3 only, and then 1 dies.
    cluster.settle(({ to, message }) => to === 2 && message.type === 'append' && message.previousIndex > 1)
    expect(voters(cluster, 3)).toEqual([2])
    cluster.crash(1)
    cluster.pass(20 * ELECTION_MS)
    expect(cluster.core(2).status()).toMatchObject({ role: 'leader' })
    expect(configurations(cluster, 2).map(isJoint)).toEqual([true, false])
  })

  test('a whole group can be replaced', () => {
    const cluster = led([1, 2, 3], { strangers: [4, 5, 6] })
    for (let i = 0; i < 5; i++) cluster.propose(1)
    cluster.settle()
    cluster.reconfigure(1, [4, 5, 6])
    cluster.pass(5 * ELECTION_MS)
    const leader = [4, 5, 6].find(id => role(cluster, id) === 'leader')!
    for (const id of [1, 2, 3]) cluster.crash(id)
    const proposal = cluster.propose(leader)
    cluster.settle()
    expect(cluster.outcome(leader, proposal)).toBe('committed')
    expect(cluster.of(4).history).toEqual(cluster.of(5).history)
  })

  test('everybody is told whom to dial, from the first step on', () => {
    const cluster = led([1, 2, 3], { strangers: [4] })
    cluster.reconfigure(1, [1, 2, 4])
    cluster.pass(10 * HEARTBEAT_MS)
    const told = cluster.of(1).answers.filter(effect => effect.kind === 'membership')
    expect(told.map(effect => effect.members.map(Number))).toEqual([
      [1, 2, 3],
      [1, 2, 3, 4],
      [1, 2, 4],
    ])
    expect(told[0]!.members[0]).toBe(node(1))
  })
})

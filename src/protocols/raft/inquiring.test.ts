import { describe, expect, test } from 'vitest'
import type { Index } from '../../core/ids.ts'
import type { Doubt } from '../../core/log-update.ts'
import { RAFT_LIMITS } from './limits.ts'
import type { RaftMessage } from './message.ts'
import {
  Cluster,
  ELECTION_MS,
  type Envelope,
  HEARTBEAT_MS,
  isType,
  NO_BASE,
  node,
  touches,
} from './testing/cluster.ts'

const status = (cluster: Cluster, id: number) => cluster.core(id).status()

/** Of a candidate that is far ahead of everybody. */
const request = {
  type: 'voteRequest',
  ballot: 9,
  incarnation: 1,
  pre: false,
  transfer: true,
  lastIndex: 9,
  lastBallot: 9,
} as Extract<RaftMessage, { type: 'voteRequest' }>

/** Everybody has entries 1 to 4, but node 3's last batch is damaged: it is left with fewer. */
function damaged(): Cluster {
  const cluster = new Cluster([1, 2, 3])
  cluster.elect(1)
  for (let i = 0; i < 3; i++) cluster.propose(1)
  cluster.settle()
  cluster.crash(3)
  const { disk } = cluster.of(3)
  for (const index of [3, 4]) disk.entries.delete(index as Index)
  disk.doubt = 'tail'
  const three = cluster.of(3)
  const at = three.history[1]!
  three.applied = { ...three.applied, index: at.index, ballot: at.ballot, time: at.time }
  three.history.length = 2
  return cluster
}

describe('a node that may have lost what it promised', () => {
  test('neither votes nor acknowledges before it has asked the others', () => {
    const cluster = damaged()
    cluster.restart(3)
    cluster.settle(isType('inquiryResponse'))
    cluster.deliver({ from: 2, to: 3, message: request })
    expect(cluster.take(isType('voteResponse'))).toEqual([])
    cluster.pass(3 * ELECTION_MS, isType('inquiryResponse'))
    expect(cluster.describe(3)).toContain('inquiring')
    expect(cluster.messages).toEqual([])
  })

  test('asks until enough of the others have answered: in a group of three, both', () => {
    const cluster = damaged()
    cluster.restart(3)
    cluster.pass(5 * HEARTBEAT_MS, touches(2))
    expect(cluster.describe(3)).toContain('inquiring')
    cluster.pass(2 * HEARTBEAT_MS)
    expect(cluster.describe(3)).not.toContain('inquiring')
  })

  test('then follows again, and is brought up to date by a leader that forgets its acknowledgements', () => {
    const cluster = damaged()
    cluster.restart(3)
    cluster.pass(5 * HEARTBEAT_MS)
    expect(status(cluster, 3)).toMatchObject({ lastIndex: 4, commitIndex: 4 })
    expect(status(cluster, 1)).toMatchObject({ role: 'leader', ballot: 1 })
  })

  test('does not vote again in the highest term that it is told', () => {
    const cluster = damaged()
    cluster.crash(1)
    cluster.restart(3)
    cluster.down.delete(1)
    cluster.settle(({ message }) => message.type === 'append')
    expect(cluster.describe(3)).toContain('vote 3')
    const { ballot } = status(cluster, 3)
    cluster.deliver({ from: 2, to: 3, message: { ...request, ballot } })
    expect(cluster.take(isType('voteResponse'))[0]!.message).toMatchObject({ granted: false })
  })

  test('does not vote for a log that lacks what it may have held, nor campaign with one', () => {
    const cluster = damaged()
    cluster.restart(3)
    cluster.settle(isType('append'))
    const poor = { ...request, lastIndex: 3, lastBallot: 1 } as typeof request
    cluster.deliver({ from: 2, to: 3, message: poor })
    expect(cluster.take(isType('voteResponse'))[0]!.message).toMatchObject({ granted: false })
    const rich = { ...poor, ballot: 10, lastIndex: 4 } as typeof request
    cluster.deliver({ from: 2, to: 3, message: rich })
    expect(cluster.take(isType('voteResponse'))[0]!.message).toMatchObject({ granted: true })
    cluster.crash(1)
    cluster.crash(2)
    cluster.pass(20 * ELECTION_MS)
    expect(status(cluster, 3).role).toBe('follower')
  })

  test('is not cured of that by another restart', () => {
    const cluster = damaged()
    cluster.restart(3)
    cluster.take(() => true)
    cluster.crash(3)
    cluster.restart(3)
    expect(cluster.describe(3)).toContain('inquiring')
    cluster.settle(isType('append'))
    expect(cluster.describe(3)).not.toContain('inquiring')
    cluster.crash(3)
    cluster.restart(3)
    const poor = { ...request, lastIndex: 3, lastBallot: 1 } as typeof request
    cluster.take(() => true)
    cluster.deliver({ from: 2, to: 3, message: poor })
    expect(cluster.take(isType('voteResponse'))[0]!.message).toMatchObject({ granted: false })
  })

  test('does not wait for ever when everybody is in the same plight', () => {
    const cluster = damaged()
    for (const id of [1, 2]) {
      cluster.crash(id)
      cluster.of(id).disk.doubt = 'tail'
    }
    for (const id of [1, 2, 3]) cluster.restart(id)
    cluster.pass(10 * ELECTION_MS)
    expect([1, 2, 3].filter(id => status(cluster, id).role === 'leader')).toHaveLength(1)
    expect(status(cluster, 3).commitIndex).toBeGreaterThan(4)
  })

  test('goes on alone if it is the only voter', () => {
    const cluster = new Cluster([1])
    cluster.pass(1)
    cluster.of(1).disk.doubt = 'tail'
    cluster.crash(1)
    cluster.restart(1)
    cluster.pass(1)
    expect(status(cluster, 1).role).toBe('leader')
  })

  test('in a group of five waits for everybody, but not for ever: then it asks behind a fence', () => {
    const cluster = new Cluster([1, 2, 3, 4, 5])
    cluster.elect(1)
    cluster.propose(1)
    cluster.settle()
    cluster.crash(5)
    cluster.crash(4)
    cluster.of(4).disk.doubt = 'tail'
    cluster.restart(4)
    cluster.pass(2 * HEARTBEAT_MS, isType('inquiry'))
    expect(cluster.describe(4)).toContain('inquiring')
    expect(status(cluster, 1).ballot).toBe(1)
    cluster.pass(10 * HEARTBEAT_MS)
    expect(cluster.describe(4)).not.toContain('inquiring')
    expect(status(cluster, 2).ballot).toBeGreaterThan(1)
    cluster.pass(10 * ELECTION_MS)
    const proposal = cluster.propose([1, 2, 3, 4].find(id => status(cluster, id).role === 'leader')!)
    cluster.settle()
    expect(cluster.of(4).history.at(-1)!.proposal).toBe(proposal)
  })

  test('is answered behind a fence only in the new term', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    const inquiry = { type: 'inquiry', ballot: 7, incarnation: 9, fence: true } as Envelope['message']
    cluster.deliver({ from: 3, to: 1, message: inquiry })
    expect(status(cluster, 1)).toMatchObject({ role: 'follower', ballot: 7 })
    expect(cluster.take(isType('inquiryResponse'))[0]!.message).toMatchObject({ ballot: 7 })
  })

  test('does not have what it acknowledged before counted by a leader that has answered it', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    cluster.propose(1)
    cluster.settle(({ to }) => to !== 3)
    cluster.propose(1)
    cluster.take(({ to }) => to === 3).map(envelope => cluster.deliver(envelope))
    const late = cluster.take(isType('appendAccepted'))
    expect(late).toHaveLength(1)
    const inquiry = { type: 'inquiry', ballot: 1, incarnation: 3, fence: false } as Envelope['message']
    cluster.deliver({ from: 3, to: 1, message: inquiry })
    const before = status(cluster, 1).commitIndex
    cluster.take(() => true)
    for (const envelope of late) cluster.deliver(envelope)
    expect(status(cluster, 1).commitIndex).toBe(before)
  })

  test('that knows nobody asks the leader which sends it something', () => {
    const cluster = new Cluster([1, 2, 3], { strangers: [4] })
    cluster.elect(1)
    cluster.of(4).disk.doubt = 'tail'
    cluster.crash(4)
    cluster.restart(4)
    expect(cluster.describe(4)).toContain('inquiring')
    cluster.reconfigure(1, [1, 2, 3, 4])
    cluster.pass(10 * HEARTBEAT_MS)
    expect(status(cluster, 4)).toMatchObject({
      role: 'follower',
      commitIndex: status(cluster, 1).commitIndex,
    })
  })
})

/** Node 3 of a cluster in which entries 1 to 4 are committed loses its disk. */
function emptied(voters: readonly number[] = [1, 2, 3], doubt: Doubt = 'lost'): Cluster {
  const cluster = new Cluster(voters)
  cluster.elect(1)
  for (let i = 0; i < 3; i++) cluster.propose(1)
  cluster.settle()
  lose(cluster, 3, doubt)
  return cluster
}

function lose(cluster: Cluster, id: number, doubt: Doubt): void {
  cluster.crash(id)
  cluster.take(() => true)
  const one = cluster.of(id)
  one.disk.lose(doubt)
  one.applied = { ...NO_BASE, configuration: one.applied.configuration }
  one.history = []
}

describe('a node that has lost everything', () => {
  test('comes back by the answers of all others, and no term is lost over it', () => {
    const cluster = emptied()
    cluster.restart(3)
    cluster.pass(5 * HEARTBEAT_MS)
    expect(cluster.of(3).history.map(({ index }) => index)).toEqual([1, 2, 3, 4])
    expect(status(cluster, 1)).toMatchObject({ role: 'leader', ballot: 1 })
    expect(standings(cluster, 3)).toEqual(['asking', 'catchingUp', 'whole'])
  })

  test('asks whoever speaks to it, if everybody that it knew of was replaced meanwhile', () => {
    const cluster = new Cluster([1, 2, 3], { strangers: [4, 5] })
    cluster.elect(1)
    cluster.reconfigure(1, [1, 3, 4])
    cluster.pass(10 * HEARTBEAT_MS)
    cluster.reconfigure(1, [3, 4, 5])
    cluster.pass(10 * HEARTBEAT_MS)
    for (const gone of [1, 2]) cluster.crash(gone)
    lose(cluster, 3, 'lost')
    const { configuration } = new Cluster([1, 2, 3]).of(3).applied
    cluster.of(3).applied = { ...NO_BASE, configuration }
    cluster.elect(4)
    cluster.propose(4)
    cluster.restart(3)
    cluster.pass(10 * HEARTBEAT_MS)
    expect(status(cluster, 3)).toMatchObject({
      role: 'follower',
      commitIndex: status(cluster, 4).commitIndex,
    })
  })

  test('asks those again who have answered: one may have been behind, and know by now who votes', () => {
    const cluster = new Cluster([1, 2, 3], { strangers: [4] })
    const first = cluster.of(3).applied.configuration
    cluster.elect(2)
    cluster.reconfigure(2, [1, 3, 4])
    cluster.pass(10 * HEARTBEAT_MS, touches(1))
    cluster.crash(2)
    lose(cluster, 3, 'lost')
    cluster.of(3).applied = { ...NO_BASE, configuration: first }
    cluster.restart(3)
    cluster.pass(2 * HEARTBEAT_MS, touches(4))
    cluster.pass(5 * ELECTION_MS, touches(3))
    expect(status(cluster, 4).role).toBe('leader')
    cluster.step(4, [{ kind: 'transferLeader', to: node(1) }])
    cluster.pass(2 * HEARTBEAT_MS, touches(3))
    expect(status(cluster, 1).role).toBe('leader')
    cluster.pass(10 * HEARTBEAT_MS)
    expect(status(cluster, 3).commitIndex).toBe(status(cluster, 1).commitIndex)
  })

  test('takes no part while another one is silent with which it would be a quorum', () => {
    const cluster = emptied()
    cluster.crash(2)
    cluster.restart(3)
    cluster.pass(20 * ELECTION_MS, touches(2))
    cluster.take(() => true)
    cluster.deliver({ from: 1, to: 3, message: request })
    expect(cluster.take(() => true)).toEqual([])
    expect(cluster.of(3).history).toEqual([])
    expect(standings(cluster, 3)).toEqual(['asking', 'asking'])
    cluster.restart(2)
    cluster.pass(5 * ELECTION_MS)
    expect(cluster.of(3).history).toHaveLength(status(cluster, 3).commitIndex)
    expect(status(cluster, 3).commitIndex).toBeGreaterThan(4)
  })

  test('never takes the best of what is left for the truth: with two of three disks lost nobody serves', () => {
    const cluster = emptied()
    lose(cluster, 2, 'lost')
    cluster.restart(2)
    cluster.restart(3)
    cluster.pass(60 * ELECTION_MS)
    for (const id of [1, 2, 3]) expect(status(cluster, id).role).not.toBe('leader')
    for (const id of [2, 3]) expect(cluster.describe(id)).toContain('inquiring')
  })

  test('comes back in a group of five, of which one more has lost everything and one is silent', () => {
    const cluster = emptied([1, 2, 3, 4, 5])
    lose(cluster, 2, 'lost')
    cluster.crash(5)
    cluster.restart(2)
    cluster.restart(3)
    cluster.pass(5 * ELECTION_MS, touches(5))
    // Two are certain, and two and the silent one are a quorum that may have agreed on something.
    for (const id of [2, 3]) expect(cluster.describe(id)).toContain('inquiring')
    cluster.restart(5)
    cluster.pass(10 * ELECTION_MS)
    const { commitIndex } = status(cluster, 1)
    for (const id of [2, 3]) expect(cluster.of(id).history).toHaveLength(commitIndex)
  })

  test('tells others what it once held, as long as it has not been given it back', () => {
    const cluster = emptied()
    cluster.restart(3)
    cluster.settle(isType('append'))
    expect(cluster.describe(3)).not.toContain('inquiring')
    cluster.take(() => true)
    const inquiry = { type: 'inquiry', ballot: 1, incarnation: 7, fence: false } as Envelope['message']
    cluster.deliver({ from: 2, to: 3, message: inquiry })
    const [answer] = cluster.take(isType('inquiryResponse'))
    expect(answer!.message).toMatchObject({ certain: true, lastIndex: 0, floor: { index: 4, ballot: 1 } })
  })

  test('is not cured of that by another restart, and never goes by a name of its former lives', () => {
    const cluster = emptied()
    const names = new Set<number>()
    for (let i = 0; i < 3; i++) {
      cluster.restart(3)
      expect(cluster.describe(3)).toContain('inquiring')
      for (const { message } of cluster.take(isType('inquiry'))) {
        if (message.type === 'inquiry') names.add(message.incarnation)
      }
      cluster.crash(3)
    }
    expect(names.size).toBe(3)
    expect(Math.min(...names)).toBeGreaterThan(2 ** 20 - 1)
  })

  test('does not count votes that were granted to the log which it has lost', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.expire(3)
    cluster.settle(({ message }) => message.type === 'voteResponse' && !message.pre)
    const grant = { type: 'voteResponse', ballot: 1, requested: 1, pre: false, granted: true }
    const grantTo = (incarnation: number) => {
      cluster.deliver({ from: 1, to: 3, message: { ...grant, incarnation } as Envelope['message'] })
    }
    grantTo(2)
    expect(status(cluster, 3).role).toBe('candidate')
    grantTo(1)
    expect(status(cluster, 3).role).toBe('leader')
  })
})

describe('a follower', () => {
  test('commits on a heartbeat only what its log holds as the leader does: it may have lost what it once had', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.expire(1)
    cluster.settle(isType('commit'))
    const told = (commitBallot: number) => {
      const heartbeat = { type: 'heartbeat', ballot: 2, commit: 1, commitBallot, round: 0 }
      cluster.deliver({ from: 2, to: 3, message: heartbeat as Envelope['message'] })
      return status(cluster, 3).commitIndex
    }
    expect([told(2), told(1)]).toEqual([0, 1])
  })
})

describe('a node that holds nothing', () => {
  test('is new when all others say that nothing has begun', () => {
    const cluster = new Cluster([1, 2, 3], { doubt: 'new' })
    expect(cluster.describe(1)).toContain('inquiring')
    cluster.settle()
    cluster.pass(2 * ELECTION_MS)
    expect([1, 2, 3].filter(id => status(cluster, id).role === 'leader')).toHaveLength(1)
    expect(status(cluster, 1).ballot).toBe(1)
  })

  test('does not make anybody wait longer for the first leader than if it had not asked', () => {
    const times = (['none', 'new'] as const).map(doubt => {
      const cluster = new Cluster([1, 2, 3], { doubt })
      while (![1, 2, 3].some(id => status(cluster, id).role === 'leader')) cluster.pass(10)
      return cluster.now
    })
    expect(times[1]).toBeLessThanOrEqual(times[0]! + HEARTBEAT_MS * 1000)
  })

  test('waits a while for those who are silent, and then begins without them, as part of a quorum', () => {
    const cluster = new Cluster([1, 2, 3], { doubt: 'new' })
    cluster.crash(3)
    cluster.pass(RAFT_LIMITS.newGroupWaitMs - 1)
    expect(cluster.describe(1)).toContain('inquiring')
    cluster.pass(3 * ELECTION_MS)
    expect([1, 2].filter(id => status(cluster, id).role === 'leader')).toHaveLength(1)
  })

  test('never begins alone', () => {
    const cluster = new Cluster([1, 2, 3], { doubt: 'new' })
    cluster.crash(2)
    cluster.crash(3)
    cluster.pass(100 * ELECTION_MS)
    expect(cluster.describe(1)).toContain('inquiring')
  })

  test('has lost everything if anybody holds an entry', () => {
    const cluster = emptied([1, 2, 3], 'new')
    cluster.crash(2)
    cluster.restart(3)
    cluster.pass(20 * ELECTION_MS)
    // Alone, the first one cannot lead any more, and nobody helps it who may have promised otherwise.
    expect(cluster.describe(3)).toContain('inquiring')
    expect(cluster.of(3).answers.at(-1)).toMatchObject({ standing: { doubt: 'lost', isStuck: true } })
    cluster.restart(2)
    cluster.pass(10 * ELECTION_MS)
    expect(
      cluster
        .of(3)
        .history.slice(0, 4)
        .map(({ index }) => index),
    ).toEqual([1, 2, 3, 4])
  })

  test('learns that from whoever has lost everything, too', () => {
    const cluster = emptied([1, 2, 3], 'new')
    lose(cluster, 2, 'lost')
    cluster.crash(1)
    cluster.restart(2)
    cluster.restart(3)
    cluster.pass(100 * ELECTION_MS)
    for (const id of [2, 3]) expect(cluster.describe(id)).toContain('inquiring')
  })
})

describe('a node that was started on an older copy of its disk', () => {
  test('is told so by its leader, and says it; under a leader of another term it is whole again', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    cluster.propose(1)
    cluster.settle()
    const machine = cluster.of(3)
    const { disk, applied } = machine
    const older = { promise: disk.promise, base: disk.base, entries: new Map(disk.entries) }
    const restart = (): void => {
      cluster.crash(3)
      cluster.restart(3)
    }
    restart()
    cluster.propose(1)
    cluster.settle()
    // As the start before it, this one counts on from the copy: the leader cannot tell the one from the other.
    Object.assign(disk, older)
    machine.applied = applied
    restart()
    cluster.pass(2 * HEARTBEAT_MS)
    expect(standings(cluster, 3)).toEqual(['forgetful'])
    cluster.elect(2)
    cluster.settle()
    expect(standings(cluster, 3)).toEqual(['forgetful', 'whole'])
    expect(status(cluster, 3).commitIndex).toBe(status(cluster, 2).commitIndex)
  })
})

function standings(cluster: Cluster, id: number): string[] {
  return cluster.of(id).answers.flatMap(effect => (effect.kind === 'standing' ? [effect.standing.kind] : []))
}

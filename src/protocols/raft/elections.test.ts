import { describe, expect, test } from 'vitest'
import type { Index } from '../../core/ids.ts'
import {
  Cluster,
  ELECTION_MS,
  type Envelope,
  HEARTBEAT_MS,
  isType,
  node,
  touches,
} from './testing/cluster.ts'

const role = (cluster: Cluster, id: number) => cluster.core(id).status().role
const term = (cluster: Cluster, id: number) => cluster.core(id).status().ballot

/** Node 3 asks node 2 for its vote. */
function voteRequest(log: { ballot: number; lastIndex: number; lastBallot: number }): Envelope {
  const message = { type: 'voteRequest', incarnation: 1, pre: false, transfer: false, ...log }
  return { from: 3, to: 2, message: message as Envelope['message'] }
}

describe('elections (Raft §5.2)', () => {
  test('a node that hears from nobody asks for votes and, with a majority of them, leads', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    expect(role(cluster, 1)).toBe('leader')
    expect(cluster.core(2).status().leader).toBe(node(1))
    expect(cluster.core(3).status().leader).toBe(node(1))
  })

  test('the only voter of a group leads at once, and only once its vote is durable', () => {
    const cluster = new Cluster([1], { syncs: false })
    expect(role(cluster, 1)).toBe('candidate')
    cluster.sync(1)
    expect(role(cluster, 1)).toBe('leader')
  })

  test('waits are drawn from one to two election timeouts; the first after a start is a quarter of one', () => {
    const clusters = Array.from({ length: 200 }, (_, i) => new Cluster([1, 2, 3], { seed: i + 1 }))
    const first = clusters.map(cluster => cluster.core(1).deadline() as number)
    const later = clusters.map((cluster, i) => {
      cluster.expire(1)
      return cluster.core(1).deadline() - first[i]!
    })
    const between = (waits: readonly number[], minMs: number, maxMs: number): void => {
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(minMs * 1000)
      expect(Math.max(...waits)).toBeLessThan(maxMs * 1000)
      expect(new Set(waits).size).toBeGreaterThan(190)
    }
    between(first, ELECTION_MS / 4, ELECTION_MS / 2)
    between(later, ELECTION_MS, 2 * ELECTION_MS)
  })

  test('a leader that is heard keeps everybody from campaigning', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    cluster.pass(60_000)
    expect(role(cluster, 1)).toBe('leader')
    expect(term(cluster, 2)).toBe(1)
  })

  test('two candidates split the votes, and a later election succeeds', () => {
    const cluster = new Cluster([1, 2])
    cluster.expire(1)
    cluster.take(isType('voteRequest')).map(envelope => cluster.deliver(envelope))
    cluster.take(isType('voteResponse')).map(envelope => cluster.deliver(envelope))
    cluster.take(() => true)
    expect(role(cluster, 1)).toBe('candidate')
    cluster.pass(10_000)
    const leaders = [1, 2].filter(id => role(cluster, id) === 'leader')
    expect(leaders).toHaveLength(1)
  })

  test('a vote request leaves only after the candidate has made its own vote durable', () => {
    const cluster = new Cluster([1, 2, 3], { syncs: false })
    for (const id of [1, 2, 3]) cluster.sync(id)
    cluster.expire(1)
    cluster.settle()
    expect(role(cluster, 1)).toBe('candidate')
    expect(cluster.messages).toEqual([])
    cluster.sync(1)
    expect(cluster.messages.map(({ message }) => message.type)).toEqual(['voteRequest', 'voteRequest'])
  })

  test('a vote is answered only once it is durable, and a crash before that forgets both', () => {
    const cluster = new Cluster([1, 2, 3], { syncs: false })
    for (const id of [1, 2, 3]) cluster.sync(id)
    cluster.expire(1)
    cluster.settle()
    cluster.sync(1)
    cluster.settle(({ to }) => to === 3)
    expect(cluster.messages).toEqual([])
    expect(role(cluster, 1)).toBe('candidate')
    cluster.crash(2)
    cluster.restart(2)
    expect(term(cluster, 2)).toBe(0)
  })

  test('a node votes once per term, also after a restart', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.expire(1)
    cluster.settle(touches(3))
    expect(role(cluster, 1)).toBe('leader')
    cluster.restart(2)
    cluster.deliver(voteRequest({ ballot: 1, lastIndex: 9, lastBallot: 1 }))
    const [answer] = cluster.take(isType('voteResponse'))
    expect(answer!.message).toMatchObject({ granted: false, ballot: 1 })
  })

  test('a leader that stepped down for want of a quorum has voted in its term all the same', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    cluster.pass(ELECTION_MS + 2 * HEARTBEAT_MS, touches(1))
    expect(role(cluster, 1)).not.toBe('leader')
    cluster.deliver({ ...voteRequest({ ballot: 1, lastIndex: 9, lastBallot: 1 }), to: 1 })
    const [answer] = cluster.take(isType('voteResponse'))
    expect(answer).toMatchObject({ from: 1, message: { granted: false, ballot: 1 } })
  })

  test('the voter denies its vote if its own log is more up-to-date (Raft §5.4.1)', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    cluster.propose(1)
    cluster.settle(touches(3))
    cluster.crash(1)
    cluster.pass(5000, touches(1))
    expect(role(cluster, 2)).toBe('leader')
    expect(role(cluster, 3)).toBe('follower')
  })

  test.each([
    { end: 'an earlier term, however much longer', lastIndex: 9, lastBallot: 1, granted: false },
    { end: 'the same term, and shorter', lastIndex: 2, lastBallot: 2, granted: false },
    { end: 'the same term, and as long', lastIndex: 3, lastBallot: 2, granted: true },
    { end: 'a later term, however much shorter', lastIndex: 1, lastBallot: 3, granted: true },
  ])('of a log that ends in $end, the vote is granted: $granted', ({ lastIndex, lastBallot, granted }) => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    cluster.propose(1)
    cluster.settle()
    cluster.crash(1)
    cluster.pass(2000)
    // It begins anew, and follows nobody.
    cluster.restart(2)
    expect(cluster.core(2).status()).toMatchObject({ ballot: 2, lastIndex: 3 })
    cluster.deliver(voteRequest({ ballot: 4, lastIndex, lastBallot }))
    const [answer] = cluster.take(isType('voteResponse'))
    expect(answer!.message).toMatchObject({ granted, ballot: 4 })
  })

  test('a follower of a higher term steps a stale leader down (Raft §5.1)', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    cluster.pass(5000, touches(1))
    const [leader] = [2, 3].filter(id => role(cluster, id) === 'leader')
    expect(leader).toBeDefined()
    cluster.pass(2 * HEARTBEAT_MS)
    expect(role(cluster, 1)).toBe('follower')
    expect(cluster.core(1).status().leader).toBe(node(leader!))
  })
})

describe('pre-vote, check-quorum and stickiness (thesis §4.2.3, §6.2, §9.6)', () => {
  test('a partitioned follower does not raise its term, and does not depose the leader when it returns', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    cluster.pass(30_000, touches(3))
    expect(role(cluster, 3)).toBe('candidate')
    expect(term(cluster, 3)).toBe(1)
    cluster.pass(3000)
    expect(role(cluster, 1)).toBe('leader')
    expect(role(cluster, 3)).toBe('follower')
    expect(term(cluster, 1)).toBe(1)
  })

  test('a leader that hears no quorum for an election timeout steps down', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    cluster.pass(ELECTION_MS + 2 * HEARTBEAT_MS, touches(1))
    expect(role(cluster, 1)).not.toBe('leader')
  })

  test('a follower that hears its leader ignores the votes that others ask for', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    const request = {
      type: 'voteRequest',
      incarnation: 1,
      ballot: 7,
      pre: false,
      transfer: false,
      lastIndex: 9,
      lastBallot: 6,
    }
    for (const to of [1, 2]) cluster.deliver({ from: 3, to, message: request as Envelope['message'] })
    expect(term(cluster, 1)).toBe(1)
    expect(term(cluster, 2)).toBe(1)
    cluster.settle()
    expect(role(cluster, 1)).toBe('leader')
  })

  test('unless the leader itself asked for the election', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    const request = {
      type: 'voteRequest',
      incarnation: 1,
      ballot: 2,
      pre: false,
      transfer: true,
      lastIndex: 9,
      lastBallot: 1,
    }
    cluster.deliver({ from: 3, to: 2, message: request as Envelope['message'] })
    expect(term(cluster, 2)).toBe(2)
  })

  test('a node with a higher term than the leader gets it to step down by answering', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    const request = {
      type: 'voteRequest',
      incarnation: 1,
      ballot: 5,
      pre: false,
      transfer: true,
      lastIndex: 0,
      lastBallot: 0,
    }
    cluster.deliver({ from: 2, to: 3, message: request as Envelope['message'] })
    cluster.take(() => true)
    expect(term(cluster, 3)).toBe(5)
    cluster.pass(10_000)
    const leaders = [1, 2, 3].filter(id => role(cluster, id) === 'leader')
    expect(leaders).toHaveLength(1)
    expect(cluster.core(3).status().leader).toBe(node(leaders[0]!))
  })

  test('when the link to a dead leader breaks, another one leads within tens of milliseconds', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const cluster = new Cluster([1, 2, 3], { seed })
      cluster.elect(1)
      cluster.pass(500)
      cluster.crash(1)
      for (const id of [2, 3]) cluster.step(id, [{ kind: 'linkLost', peer: node(1) }])
      cluster.pass(20)
      const leaders = [2, 3].filter(id => role(cluster, id) === 'leader')
      expect(leaders, `seed ${seed}`).toHaveLength(1)
    }
  })

  test('also if one of them notices later', () => {
    for (const late of [2, 3]) {
      const cluster = new Cluster([1, 2, 3])
      cluster.elect(1)
      cluster.crash(1)
      cluster.step(5 - late, [{ kind: 'linkLost', peer: node(1) }])
      cluster.pass(30)
      cluster.step(late, [{ kind: 'linkLost', peer: node(1) }])
      cluster.pass(30)
      expect([2, 3].filter(id => role(cluster, id) === 'leader')).toHaveLength(1)
    }
  })

  test('two pre-votes that cross do not become two candidates', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    cluster.crash(1)
    for (const id of [2, 3]) {
      cluster.step(id, [{ kind: 'linkLost', peer: node(1) }])
      cluster.expire(id)
    }
    cluster.settle()
    expect(role(cluster, 3)).toBe('leader')
    expect(term(cluster, 3)).toBe(2)
  })

  test('when only the link broke, the leader stays, and its follower returns to it', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    cluster.step(2, [{ kind: 'linkLost', peer: node(1) }])
    cluster.pass(3000)
    expect(role(cluster, 1)).toBe('leader')
    expect(cluster.core(2).status()).toMatchObject({ role: 'follower', leader: node(1), ballot: 1 })
  })
})

describe('leadership transfer (thesis §3.10)', () => {
  test('the leader brings the target up to date, and then tells it to campaign without a pre-vote', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    cluster.propose(1)
    cluster.take(() => true)
    cluster.step(1, [{ kind: 'transferLeader', to: node(2) }])
    expect(cluster.take(isType('timeoutNow'))).toEqual([])
    cluster.pass(3 * HEARTBEAT_MS)
    expect(role(cluster, 2)).toBe('leader')
    expect(role(cluster, 1)).toBe('follower')
    expect(term(cluster, 2)).toBe(2)
  })

  test('a follower passes the request on', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    cluster.step(3, [{ kind: 'transferLeader', to: node(3) }])
    cluster.settle()
    expect(role(cluster, 3)).toBe('leader')
  })

  test('while it hands over, the leader refuses proposals; after an election timeout it accepts them again', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    cluster.crash(3)
    cluster.step(1, [{ kind: 'transferLeader', to: node(3) }])
    const refused = cluster.propose(1)
    expect(cluster.outcome(1, refused)).toBe('refused')
    cluster.pass(ELECTION_MS + 1)
    const accepted = cluster.propose(1)
    cluster.settle()
    expect(cluster.outcome(1, accepted)).toBe('committed')
  })

  test('nobody hands over to a learner, a stranger or itself', () => {
    const cluster = new Cluster([1, 2], { learners: [3] })
    cluster.elect(1)
    for (const to of [1, 3, 9]) {
      cluster.step(1, [{ kind: 'transferLeader', to: node(to) }])
      cluster.settle()
      const proposal = cluster.propose(1)
      cluster.settle()
      expect(cluster.outcome(1, proposal)).toBe('committed')
    }
    expect(role(cluster, 1)).toBe('leader')
  })

  test('only the leader of this term can tell a node to campaign', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    const timeoutNow = { type: 'timeoutNow', ballot: 1 } as Envelope['message']
    cluster.deliver({ from: 3, to: 2, message: timeoutNow })
    cluster.deliver({ from: 1, to: 2, message: { ...timeoutNow, ballot: 0 } as Envelope['message'] })
    expect(term(cluster, 2)).toBe(1)
    expect(cluster.core(2).status().commitIndex).toBe(1 as Index)
  })
})

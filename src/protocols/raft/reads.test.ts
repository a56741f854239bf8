import { describe, expect, test } from 'vitest'
import { Cluster, ELECTION_MS, HEARTBEAT_MS, isType, led, node, touches } from './testing/cluster.ts'

describe('reads (thesis §6.4)', () => {
  test('are served by the leader after a quorum has confirmed that it leads', () => {
    const cluster = led()
    const read = cluster.read(1)
    expect(cluster.served(1, read)).toBe('open')
    cluster.settle()
    expect(cluster.served(1, read)).toBe(1)
  })

  test('are served by followers at the leader’s index', () => {
    const cluster = led()
    cluster.propose(1)
    cluster.settle()
    const read = cluster.read(2)
    cluster.settle()
    expect(cluster.served(2, read)).toBe(2)
  })

  test('are served at once by the only voter', () => {
    const cluster = new Cluster([1])
    cluster.pass(1)
    expect(cluster.served(1, cluster.read(1))).toBe(1)
  })

  test('share a round with all that arrived in the same step', () => {
    const cluster = led()
    cluster.step(1, [
      { kind: 'read', id: 1 as never },
      { kind: 'read', id: 2 as never },
    ])
    expect(cluster.messages.filter(isType('heartbeat'))).toHaveLength(2)
    cluster.settle()
    expect(cluster.served(1, 2 as never)).toBe(1)
  })

  test('wait until a fresh leader has committed in its own term', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.expire(1)
    cluster.settle(isType('append'))
    expect(cluster.core(1).status().role).toBe('leader')
    const read = cluster.read(1)
    cluster.settle(isType('append'))
    expect(cluster.served(1, read)).toBe('open')
    cluster.pass(3 * HEARTBEAT_MS)
    expect(cluster.served(1, read)).toBe(1)
  })

  test('are not confirmed by answers to rounds that began before them', () => {
    const cluster = led()
    const first = cluster.read(1)
    cluster.take(isType('heartbeat')).map(envelope => cluster.deliver(envelope))
    const answers = cluster.take(isType('heartbeatResponse'))
    const second = cluster.read(1)
    cluster.take(() => true)
    for (const envelope of [...answers, ...answers]) cluster.deliver(envelope)
    expect(cluster.served(1, first)).toBe(1)
    expect(cluster.served(1, second)).toBe('open')
  })

  test('are not served by a leader that was replaced without noticing', () => {
    const cluster = led()
    cluster.pass(5 * ELECTION_MS, touches(1))
    const cut = new Cluster([1, 2, 3])
    cut.elect(1)
    const read = cut.read(1)
    cut.pass(5 * ELECTION_MS, touches(1))
    expect(cut.served(1, read)).toBe('unreadable')
    cut.pass(HEARTBEAT_MS)
  })

  test('are repeated with the next heartbeat when their round is lost', () => {
    const cluster = led()
    const read = cluster.read(1)
    cluster.take(() => true)
    cluster.pass(2 * HEARTBEAT_MS)
    expect(cluster.served(1, read)).toBe(1)
  })

  test('without a known leader are unreadable at once', () => {
    const cluster = new Cluster([1, 2, 3])
    expect(cluster.served(2, cluster.read(2))).toBe('unreadable')
  })

  test('whose leader is lost are unreadable at once', () => {
    const cluster = led()
    const read = cluster.read(2)
    cluster.step(2, [{ kind: 'linkLost', peer: node(1) }])
    expect(cluster.served(2, read)).toBe('unreadable')
  })

  test('that reach a node which does not lead are unreadable', () => {
    const cluster = led()
    const read = cluster.read(2)
    const requests = cluster.take(isType('readRequest'))
    cluster.step(1, [{ kind: 'transferLeader', to: node(3) }])
    cluster.settle(touches(2))
    requests.map(envelope => cluster.deliver(envelope))
    cluster.settle()
    expect(cluster.served(2, read)).toBe('unreadable')
  })

  test('that got lost are unreadable after an election timeout', () => {
    const cluster = led()
    const read = cluster.read(2)
    cluster.take(() => true)
    cluster.pass(ELECTION_MS + 1)
    expect(cluster.served(2, read)).toBe('unreadable')
  })

  test('of a former incarnation are answered to nobody', () => {
    const cluster = led()
    cluster.read(2)
    cluster.take(isType('readRequest')).map(envelope => cluster.deliver(envelope))
    cluster.take(isType('heartbeat')).map(envelope => cluster.deliver(envelope))
    cluster.take(isType('heartbeatResponse')).map(envelope => cluster.deliver(envelope))
    const answers = cluster.take(isType('readResponse'))
    expect(answers).toHaveLength(1)
    cluster.restart(2)
    cluster.pass(2 * HEARTBEAT_MS)
    const read = cluster.read(2)
    for (const envelope of answers) cluster.deliver(envelope)
    expect(cluster.served(2, read)).toBe('open')
  })

  test('beyond what may wait are unreadable', () => {
    const cluster = led([1, 2, 3], { limits: { heldReadsMax: 2, readRoundsMax: 1 } })
    const reads = [1, 2, 3, 4].map(() => cluster.read(1))
    expect(reads.map(read => cluster.served(1, read))).toEqual(['open', 'open', 'open', 'unreadable'])
    cluster.settle()
    expect(cluster.served(1, reads[2]!)).toBe(1)
  })
})

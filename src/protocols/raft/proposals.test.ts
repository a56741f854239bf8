import { describe, expect, test } from 'vitest'
import type { ProposalId } from '../../core/ids.ts'
import { Cluster, ELECTION_MS, HEARTBEAT_MS, isType, led, node, touches } from './testing/cluster.ts'

describe('proposals', () => {
  test('on a follower travel to the leader and come back with their origin and id', () => {
    const cluster = led()
    const proposal = cluster.propose(2, 'hello')
    cluster.settle()
    expect(cluster.outcome(2, proposal)).toBe('committed')
    expect(cluster.of(3).history.at(-1)).toMatchObject({ origin: node(2), proposal })
  })

  test('without a known leader are refused at once', () => {
    const cluster = new Cluster([1, 2, 3])
    expect(cluster.outcome(1, cluster.propose(1))).toBe('refused')
  })

  test('that reach a node which leads no longer are refused', () => {
    const cluster = led()
    const proposal = cluster.propose(2)
    const forwards = cluster.take(isType('forward'))
    cluster.step(1, [{ kind: 'transferLeader', to: node(3) }])
    cluster.settle(touches(2))
    expect(cluster.core(1).status().role).toBe('follower')
    forwards.map(envelope => cluster.deliver(envelope))
    cluster.settle()
    expect(cluster.outcome(2, proposal)).toBe('refused')
  })

  test('whose leader is lost have an unknown outcome, at once', () => {
    const cluster = led()
    const proposal = cluster.propose(2)
    cluster.step(2, [{ kind: 'linkLost', peer: node(1) }])
    expect(cluster.outcome(2, proposal)).toBe('unknown')
  })

  test('whose leader changes have an unknown outcome', () => {
    const cluster = led()
    const proposal = cluster.propose(2)
    cluster.take(() => true)
    cluster.step(1, [{ kind: 'transferLeader', to: node(3) }])
    cluster.settle()
    expect(cluster.outcome(2, proposal)).toBe('unknown')
  })

  test('that got lost without a trace have an unknown outcome after a while', () => {
    const cluster = led()
    const proposal = cluster.propose(2)
    cluster.take(() => true)
    cluster.pass(5 * ELECTION_MS)
    expect(cluster.core(2).status().leader).toBe(node(1))
    expect(cluster.outcome(2, proposal)).toBe('unknown')
  })

  test('are appended once, however often the network delivers them', () => {
    const cluster = led()
    const first = cluster.propose(2)
    cluster.propose(2)
    const forwards = cluster.take(isType('forward'))
    for (const envelope of [...forwards.toReversed(), ...forwards, ...forwards]) cluster.deliver(envelope)
    cluster.settle()
    expect(cluster.of(1).history.filter(entry => entry.proposal === first)).toHaveLength(1)
    expect(cluster.of(1).history).toHaveLength(3)
  })

  test('whose copy reaches the leader’s next incarnation are neither appended nor refused by it', () => {
    const cluster = led()
    const proposal = cluster.propose(2)
    const copies = cluster.messages.filter(isType('forward'))
    cluster.settle()
    expect(cluster.outcome(2, proposal)).toBe('committed')
    cluster.restart(1)
    cluster.pass(5 * ELECTION_MS)
    for (const id of [2, 3]) cluster.step(id, [{ kind: 'transferLeader', to: node(1) }])
    cluster.settle()
    expect(cluster.core(1).status().role).toBe('leader')
    const before = cluster.core(1).status().lastIndex
    for (const copy of copies) cluster.deliver(copy)
    cluster.settle()
    expect(cluster.core(1).status().lastIndex).toBe(before)
    expect(cluster.of(2).answers.filter(effect => effect.kind === 'dropped')).toEqual([])
  })

  test('beyond what the leader may have uncommitted are refused, and accepted again when that is committed', () => {
    const cluster = led([1, 2, 3], { limits: { uncommittedBytesMax: 100 } })
    const first = cluster.propose(1, 'x'.repeat(80))
    expect(cluster.outcome(1, cluster.propose(1, 'x'.repeat(80)))).toBe('refused')
    cluster.settle()
    expect(cluster.outcome(1, first)).toBe('committed')
    const second = cluster.propose(2, 'x'.repeat(80))
    cluster.settle()
    expect(cluster.outcome(2, second)).toBe('committed')
  })

  test('that do not fit into one message take several', () => {
    const cluster = led([1, 2, 3], { limits: { forwardEntriesMax: 2 } })
    const proposals = [101, 102, 103].map(id => ({ id: id as ProposalId, command: new Uint8Array(3) }))
    cluster.step(2, [{ kind: 'propose', proposals }])
    expect(cluster.messages.filter(isType('forward'))).toHaveLength(2)
    cluster.settle()
    for (const { id } of proposals) expect(cluster.outcome(2, id)).toBe('committed')
  })

  test('of a deposed leader are refused when another entry is committed in their place', () => {
    const cluster = led()
    const proposal = cluster.propose(1)
    cluster.take(() => true)
    cluster.pass(5 * ELECTION_MS, touches(1))
    expect(cluster.outcome(1, proposal)).toBe('open')
    cluster.pass(5 * HEARTBEAT_MS)
    expect(cluster.outcome(1, proposal)).toBe('refused')
    expect(cluster.of(2).history.some(entry => entry.proposal === proposal)).toBe(false)
  })

  test('of a deposed leader that survive in another node’s log are committed', () => {
    const cluster = led()
    const proposal = cluster.propose(1)
    cluster.settle(({ to }) => to !== 2)
    cluster.pass(5 * ELECTION_MS, touches(1))
    expect(cluster.outcome(1, proposal)).toBe('open')
    cluster.pass(5 * HEARTBEAT_MS)
    expect(cluster.outcome(1, proposal)).toBe('committed')
  })

  test('of a deposed leader that a snapshot passed over have an unknown outcome', () => {
    const cluster = led()
    const proposal = cluster.propose(1)
    cluster.take(() => true)
    cluster.pass(5 * ELECTION_MS, touches(1))
    const leader = [2, 3].find(id => cluster.core(id).status().role === 'leader')!
    for (let i = 0; i < 10; i++) cluster.propose(leader)
    cluster.settle(touches(1))
    cluster.checkpoint(leader)
    cluster.pass(5 * HEARTBEAT_MS)
    cluster.install(1)
    expect(cluster.outcome(1, proposal)).toBe('unknown')
  })
})

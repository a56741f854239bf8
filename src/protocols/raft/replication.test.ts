import { describe, expect, test } from 'vitest'
import type { Ballot, Index } from '../../core/ids.ts'
import { type Cluster, type Envelope, HEARTBEAT_MS, isType, led, node, touches } from './testing/cluster.ts'

const status = (cluster: Cluster, id: number) => cluster.core(id).status()

describe('log replication (Raft §5.3)', () => {
  test('an entry is applied everywhere once a majority has it', () => {
    const cluster = led([1, 2, 3])
    const proposal = cluster.propose(1)
    cluster.settle()
    expect(cluster.outcome(1, proposal)).toBe('committed')
    for (const id of [1, 2, 3]) expect(cluster.of(id).history.at(-1)!.proposal).toBe(proposal)
  })

  test('a majority is enough, and one fewer is not', () => {
    const cluster = led([1, 2, 3, 4, 5])
    const done = cluster.propose(1)
    cluster.settle(({ to }) => to > 3)
    expect(cluster.outcome(1, done)).toBe('committed')
    const open = cluster.propose(1)
    cluster.settle(({ to }) => to > 2)
    expect(cluster.outcome(1, open)).toBe('open')
  })

  test('a follower without the entry before refuses an append, and the leader backs up', () => {
    const cluster = led([1, 2, 3])
    for (let i = 0; i < 5; i++) cluster.propose(1)
    cluster.settle(touches(3))
    cluster.propose(1)
    cluster.pass(5 * HEARTBEAT_MS)
    expect(status(cluster, 3).commitIndex).toBe(status(cluster, 1).commitIndex)
  })

  test('conflicting entries are replaced, whole terms at a time', () => {
    const cluster = led([1, 2, 3])
    for (let i = 0; i < 50; i++) cluster.propose(1)
    cluster.take(() => true)
    cluster.crash(1)
    cluster.elect(2)
    cluster.propose(2)
    cluster.settle()
    cluster.step(2, [{ kind: 'transferLeader', to: node(3) }])
    cluster.settle()
    cluster.propose(3)
    cluster.restart(1)
    let rejections = 0
    cluster.pass(5 * HEARTBEAT_MS, envelope => {
      if (envelope.message.type === 'appendRejected') rejections++
      return false
    })
    expect(status(cluster, 1).lastIndex).toBe(status(cluster, 3).lastIndex)
    expect(cluster.of(1).history).toEqual(cluster.of(3).history)
    expect(rejections).toBe(1)
  })

  test('what the leader has committed is committed only as far as the log was found equal', () => {
    const cluster = led([1, 2, 3])
    const { lastIndex, commitIndex } = status(cluster, 3)
    cluster.propose(1)
    cluster.propose(1)
    for (const envelope of cluster.take(({ to }) => to === 3)) cluster.deliver(envelope)
    cluster.take(() => true)
    expect(status(cluster, 3)).toMatchObject({ lastIndex: lastIndex + 2, commitIndex })
    // Node 2 has committed other entries there, which it has yet to send.
    const message: Envelope['message'] = {
      type: 'append',
      ballot: 2 as Ballot,
      epoch: 0,
      previousIndex: lastIndex,
      previousBallot: 1 as Ballot,
      entries: [],
      commit: (lastIndex + 2) as Index,
    }
    cluster.deliver({ from: 2, to: 3, message })
    expect(status(cluster, 3)).toMatchObject({ leader: node(2), commitIndex: lastIndex })
  })

  describe('the news of what is committed', () => {
    const patient = () => led([1, 2, 3], { limits: { commitNoticeMs: 2 } })
    const commits = (cluster: Cluster) => cluster.messages.filter(isType('commit'))

    test('travels with the next append', () => {
      const cluster = patient()
      cluster.pass(10)
      for (let i = 0; i < 3; i++) {
        cluster.propose(1)
        let alone = 0
        cluster.settle(envelope => {
          if (envelope.message.type === 'commit') alone++
          return false
        })
        expect(alone).toBe(0)
        expect(status(cluster, 1).commitIndex).toBe(2 + i)
        expect(status(cluster, 2).commitIndex).toBe(1 + i)
      }
    })

    test('comes by itself after a moment, once', () => {
      const cluster = patient()
      cluster.pass(10)
      cluster.propose(1)
      cluster.settle()
      cluster.pass(1.9)
      expect(status(cluster, 2).commitIndex).toBe(1)
      let alone = 0
      cluster.pass(0.2, envelope => {
        if (envelope.message.type === 'commit') alone++
        return false
      })
      expect(status(cluster, 2).commitIndex).toBe(2)
      expect(status(cluster, 3).commitIndex).toBe(2)
      expect(alone).toBe(2)
      expect(cluster.core(1).deadline() - cluster.now).toBeGreaterThan(10_000)
    })

    test('is not put off by what happens meanwhile', () => {
      const cluster = patient()
      cluster.pass(10)
      cluster.propose(1)
      cluster.settle()
      cluster.pass(1.5)
      cluster.step(1, [])
      cluster.pass(0.6)
      expect(status(cluster, 2).commitIndex).toBe(2)
    })

    test('that was lost with a connection comes again', () => {
      const cluster = patient()
      cluster.pass(10)
      cluster.propose(1)
      cluster.settle()
      cluster.pass(3, isType('commit'))
      expect(status(cluster, 3).commitIndex).toBe(1)
      cluster.step(1, [{ kind: 'linkLost', peer: node(3) }])
      cluster.settle()
      cluster.pass(3)
      expect(status(cluster, 3).commitIndex).toBe(2)
    })

    test('comes at once where a read waits for it, though the follower confirms the entry later', () => {
      const cluster = patient()
      cluster.propose(1)
      for (const append of cluster.take(isType('append'))) cluster.deliver(append)
      const late = cluster.take(touches(3))
      cluster.settle()
      const read = cluster.read(3)
      cluster.settle()
      expect(cluster.served(3, read)).toBe(2)
      expect(status(cluster, 3).commitIndex).toBe(1)
      for (const answer of late) cluster.deliver(answer)
      cluster.settle()
      expect(status(cluster, 3).commitIndex).toBe(2)
    })

    test('waits again once nobody waits for it', () => {
      const cluster = patient()
      const proposal = cluster.propose(2)
      cluster.settle()
      expect(cluster.outcome(2, proposal)).toBe('committed')
      cluster.propose(1)
      let alone = 0
      cluster.settle(({ message }) => {
        if (message.type === 'commit') alone++
        return false
      })
      expect(alone).toBe(0)
    })

    test('comes at once where a proposal was made, and only there', () => {
      const cluster = patient()
      cluster.pass(10)
      const proposal = cluster.propose(2)
      cluster.settle()
      expect(cluster.outcome(2, proposal)).toBe('committed')
      expect(status(cluster, 2).commitIndex).toBe(2)
      expect(status(cluster, 3).commitIndex).toBe(1)
      cluster.propose(1)
      cluster.settle(isType('append'))
      expect(commits(cluster)).toEqual([])
    })

    test('comes at once where a read waits for it', () => {
      const cluster = patient()
      cluster.pass(10)
      cluster.propose(1)
      cluster.settle()
      const read = cluster.read(3)
      cluster.settle()
      expect(cluster.served(3, read)).toBe(2)
      expect(status(cluster, 3).commitIndex).toBe(2)
    })
  })

  test('a batch of proposals is one write and one append for each follower', () => {
    const cluster = led([1, 2, 3])
    const proposals = [7, 8, 9].map(id => ({ id: id as never, command: new Uint8Array(1) }))
    const effects = cluster.step(1, [
      { kind: 'propose', proposals },
      { kind: 'propose', proposals: proposals.map(one => ({ ...one, id: (one.id + 10) as never })) },
    ])
    expect(effects.filter(effect => effect.kind === 'persist')).toHaveLength(1)
    expect(effects.filter(effect => effect.kind === 'send')).toHaveLength(2)
  })

  test('appends leave before the leader has made the entries durable; acknowledgements wait for the disk', () => {
    const cluster = led([1, 2, 3], { syncs: false })
    cluster.propose(1)
    expect(cluster.messages.filter(isType('append'))).toHaveLength(2)
    cluster.settle()
    expect(cluster.messages).toEqual([])
    cluster.sync(2)
    expect(cluster.messages.map(({ message }) => message.type)).toEqual(['appendAccepted'])
  })

  test('the leader counts itself only when its own disk has the entry', () => {
    const cluster = led([1, 2, 3], { syncs: false })
    cluster.propose(1)
    cluster.settle()
    cluster.sync(2)
    cluster.settle()
    expect(status(cluster, 1).commitIndex).toBe(1 as Index)
    cluster.sync(1)
    expect(status(cluster, 1).commitIndex).toBe(2 as Index)
  })

  test('two followers commit without the leader’s disk, which then applies nothing that it does not hold', () => {
    const cluster = led([1, 2, 3], { syncs: false })
    const proposal = cluster.propose(1)
    cluster.settle()
    cluster.sync(2)
    cluster.sync(3)
    cluster.settle()
    expect(status(cluster, 1).commitIndex).toBe(2 as Index)
    expect(cluster.outcome(1, proposal)).toBe('open')
    cluster.sync(1)
    expect(cluster.outcome(1, proposal)).toBe('committed')
  })

  test('heartbeats are answered while the disk is stuck', () => {
    const cluster = led([1, 2, 3], { syncs: false })
    cluster.propose(1)
    cluster.settle()
    cluster.expire(1)
    cluster.take(isType('heartbeat')).map(envelope => cluster.deliver(envelope))
    expect(cluster.messages.filter(isType('heartbeatResponse'))).toHaveLength(2)
  })

  test('followers learn at once that an entry is committed', () => {
    const cluster = led([1, 2, 3])
    cluster.propose(1)
    cluster.settle()
    expect(status(cluster, 2).commitIndex).toBe(2 as Index)
    expect(status(cluster, 3).commitIndex).toBe(2 as Index)
  })

  test('lost appends are noticed by heartbeats and sent again', () => {
    const cluster = led([1, 2, 3])
    cluster.propose(1)
    cluster.take(() => true)
    cluster.pass(5 * HEARTBEAT_MS)
    expect(status(cluster, 3).commitIndex).toBe(2 as Index)
  })

  test('appends to a follower that does not answer stop at the limits of its window', () => {
    const limits = { inflightMessagesMax: 4, appendEntriesMax: 1 }
    const cluster = led([1, 2, 3], { limits })
    for (let i = 0; i < 20; i++) cluster.propose(1)
    expect(cluster.messages.filter(({ to }) => to === 2)).toHaveLength(4)
    cluster.settle()
    expect(status(cluster, 2).commitIndex).toBe(21 as Index)
  })

  test('and so they do by bytes', () => {
    const cluster = led([1, 2, 3], { limits: { inflightBytesMax: 1000, appendBytesMax: 400 } })
    for (let i = 0; i < 40; i++) cluster.propose(1, 'x'.repeat(100))
    expect(cluster.messages.filter(({ to }) => to === 2).length).toBeLessThan(10)
    cluster.settle()
    expect(status(cluster, 2).commitIndex).toBe(41 as Index)
  })

  test('duplicates and reordered appends change nothing', () => {
    const cluster = led([1, 2, 3])
    for (let i = 0; i < 5; i++) cluster.propose(1)
    const appends = cluster.take(({ to }) => to === 2)
    for (const envelope of [...appends].reverse()) cluster.deliver(envelope)
    for (const envelope of appends) cluster.deliver(envelope)
    for (const envelope of appends) cluster.deliver(envelope)
    cluster.settle()
    expect(status(cluster, 2)).toMatchObject({ lastIndex: 6, commitIndex: 6 })
  })

  test('cluster time goes on over leaders, and never back', () => {
    const cluster = led([1, 2, 3])
    cluster.pass(700)
    cluster.propose(1)
    cluster.settle()
    const { time } = cluster.of(1).history.at(-1)!
    expect(time).toBeGreaterThanOrEqual(700)
    cluster.crash(1)
    cluster.elect(2)
    cluster.pass(300, touches(1))
    cluster.propose(2)
    cluster.settle(touches(1))
    expect(cluster.of(2).history.at(-1)!.time).toBe(time + 300)
  })

  test('few entries are handed out before the group has applied them', () => {
    const cluster = led([1], { limits: { applyEntriesMax: 3 } })
    const proposals = Array.from({ length: 10 }, (_, i) => ({
      id: (i + 1) as never,
      command: new Uint8Array(1),
    }))
    cluster.step(1, [{ kind: 'propose', proposals }])
    const sizes = cluster
      .of(1)
      .answers.map(effect => (effect.kind === 'committed' ? effect.entries.length : 0))
    expect(Math.max(...sizes)).toBe(3)
    expect(cluster.of(1).history).toHaveLength(11)
  })
})

describe('commitment (Raft §5.4.2)', () => {
  test('an entry of an earlier term is not committed by counting, but with one of the current term', () => {
    const cluster = led([1, 2, 3, 4, 5])
    cluster.propose(1)
    cluster.settle(({ to }) => to !== 2)
    cluster.crash(1)
    cluster.expire(2)
    cluster.settle(isType('append'))
    expect(status(cluster, 2).role).toBe('leader')
    const term = status(cluster, 2).ballot
    const { lastIndex } = status(cluster, 2)
    // Everybody gets and acknowledges the old entry, nobody the no-op of the new term.
    const old = cluster.of(2).disk.entries.get((lastIndex - 1) as Index)!
    for (const to of [3, 4, 5]) {
      const [previousIndex, commit] = [(lastIndex - 2) as Index, 1 as Index]
      const previousBallot = 1 as Ballot
      const message = {
        type: 'append',
        epoch: 0,
        ballot: term,
        previousIndex,
        previousBallot,
        commit,
        entries: [old],
      } as const
      cluster.deliver({ from: 2, to, message })
    }
    expect(cluster.messages.filter(isType('appendAccepted'))).toHaveLength(3)
    cluster.settle(isType('append'))
    expect(status(cluster, 2).commitIndex).toBeLessThan(lastIndex - 1)
    cluster.pass(5 * HEARTBEAT_MS)
    expect(status(cluster, 2).commitIndex).toBe(lastIndex)
  })
})

describe('asynchronous storage', () => {
  test('a write that was truncated and rewritten is not durable because the old one is (ABA)', () => {
    const cluster = led([1, 2, 3], { syncs: false })
    const before = status(cluster, 3).lastIndex
    cluster.propose(1)
    cluster.take(({ to }) => to === 3).map(envelope => cluster.deliver(envelope))
    cluster.take(() => true)
    // Another leader replaces the entry before its write is acknowledged.
    const index = (before + 1) as Index
    const entry = { ...cluster.of(2).history.at(-1)!, index, ballot: 5 as never, kind: 'command' as const }
    const append = {
      type: 'append' as const,
      ballot: 5 as never,
      epoch: 0,
      previousIndex: before,
      previousBallot: 1 as never,
      commit: index,
      entries: [entry],
    }
    cluster.deliver({ from: 2, to: 3, message: append })
    expect(cluster.of(3).disk.pending).toHaveLength(2)
    cluster.syncOne(3)
    expect(cluster.describe(3)).toContain(`durable ${before} `)
    expect(cluster.of(3).history).toHaveLength(before)
    expect(cluster.messages.filter(({ message }) => message.ballot === 5)).toEqual([])
    cluster.syncOne(3)
    expect(cluster.describe(3)).toContain(`durable ${index} `)
    expect(cluster.of(3).history.at(-1)).toMatchObject({ index, ballot: 5 })
  })

  test('after a crash a node knows nothing that it had not synced, and the group goes on', () => {
    const cluster = led([1, 2, 3], { syncs: false })
    cluster.propose(1)
    cluster.settle()
    cluster.crash(3)
    cluster.restart(3)
    expect(status(cluster, 3).lastIndex).toBe(1)
    cluster.autoSync = true
    for (const id of [1, 2, 3]) cluster.sync(id)
    cluster.pass(5 * HEARTBEAT_MS)
    expect(status(cluster, 3)).toMatchObject({ lastIndex: 2, commitIndex: 2 })
  })
})

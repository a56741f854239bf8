import { describe, expect, test } from 'vitest'
import type { Ballot, Index } from '../../core/ids.ts'
import { Cluster, HEARTBEAT_MS, isType, touches } from './testing/cluster.ts'

const status = (cluster: Cluster, id: number) => cluster.core(id).status()
const wants = (cluster: Cluster, id: number) =>
  cluster.of(id).answers.filter(effect => effect.kind === 'installSnapshot')

/** Node 3 has missed more than the others' logs still hold. */
function behind(options: ConstructorParameters<typeof Cluster>[1] = {}): Cluster {
  const cluster = new Cluster([1, 2, 3], options)
  cluster.elect(1)
  for (let i = 0; i < 10; i++) cluster.propose(1)
  cluster.settle(touches(3))
  cluster.checkpoint(1)
  cluster.checkpoint(2)
  return cluster
}

describe('snapshots (Raft §7)', () => {
  test('a checkpoint lets the log forget all but a few entries for slow followers', () => {
    const cluster = behind()
    expect(status(cluster, 1).commitIndex).toBe(11 as Index)
    expect(cluster.describe(1)).toContain('log 9..11@1')
    expect(cluster.of(1).disk.base).toMatchObject({ index: 9, ballot: 1 })
  })

  test('a follower that needs what the log has forgotten is offered a snapshot, and installs it', () => {
    const cluster = behind()
    cluster.pass(5 * HEARTBEAT_MS)
    expect(wants(cluster, 3)).toHaveLength(1)
    expect(wants(cluster, 3)[0]).toMatchObject({ from: 1n, index: 9 })
    cluster.install(3)
    cluster.settle()
    expect(status(cluster, 3)).toMatchObject({ commitIndex: 11, lastIndex: 11 })
    cluster.propose(1)
    cluster.settle()
    expect(status(cluster, 3).commitIndex).toBe(12 as Index)
    expect(cluster.of(3).disk.base).toMatchObject({ index: 11 })
  })

  test('the offer is repeated until it is answered, and taken up once', () => {
    const cluster = behind()
    cluster.pass(5 * HEARTBEAT_MS, isType('snapshotOffer'))
    expect(wants(cluster, 3)).toHaveLength(0)
    cluster.pass(5 * HEARTBEAT_MS)
    expect(wants(cluster, 3)).toHaveLength(1)
  })

  test('an installation that failed is begun again', () => {
    const cluster = behind()
    cluster.pass(5 * HEARTBEAT_MS)
    cluster.step(3, [{ kind: 'installFailed', index: 9 as Index }])
    cluster.pass(5 * HEARTBEAT_MS)
    expect(wants(cluster, 3)).toHaveLength(2)
  })

  test('one that could not be had is asked of the next member, and then of the leader again', () => {
    const cluster = behind()
    for (let times = 1; times <= 4; times++) {
      cluster.pass(5 * HEARTBEAT_MS)
      expect(wants(cluster, 3)).toHaveLength(times)
      cluster.step(3, [{ kind: 'installFailed', index: 9 as Index }])
    }
    expect(wants(cluster, 3).map(({ from }) => from)).toEqual([1n, 2n, 1n, 2n])
  })

  test('one from a member that does not lead is as good', () => {
    const cluster = behind()
    cluster.pass(5 * HEARTBEAT_MS)
    cluster.step(3, [{ kind: 'installFailed', index: 9 as Index }])
    cluster.pass(5 * HEARTBEAT_MS)
    cluster.install(3)
    cluster.propose(1)
    cluster.settle()
    expect(wants(cluster, 3).at(-1)).toMatchObject({ from: 2n })
    expect(cluster.of(3).history).toEqual(cluster.of(1).history)
  })

  test('once one was had, the next is asked of the leader first', () => {
    const cluster = behind()
    cluster.pass(5 * HEARTBEAT_MS)
    cluster.install(3)
    cluster.settle()
    for (let i = 0; i < 10; i++) cluster.propose(1)
    cluster.settle(touches(3))
    cluster.checkpoint(1)
    cluster.pass(5 * HEARTBEAT_MS)
    expect(wants(cluster, 3).map(({ from }) => from)).toEqual([1n, 1n])
  })

  test('an offer of what is committed here already is answered with the commit position', () => {
    const cluster = behind()
    cluster.pass(5 * HEARTBEAT_MS, touches(3))
    const base = cluster.of(1).disk.base!
    cluster.deliver({
      from: 1,
      to: 2,
      message: { type: 'snapshotOffer', epoch: 0, ballot: status(cluster, 1).ballot, base },
    })
    expect(wants(cluster, 2)).toEqual([])
    expect(cluster.take(isType('appendAccepted'))[0]!.message).toMatchObject({ match: 11 })
  })

  test('an offer of an entry that the log holds commits it instead', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    cluster.propose(1)
    cluster.settle(isType('commit'))
    const base = { ...cluster.of(1).applied }
    expect(status(cluster, 3).commitIndex).toBeLessThan(base.index)
    cluster.deliver({
      from: 1,
      to: 3,
      message: { type: 'snapshotOffer', epoch: 0, ballot: status(cluster, 1).ballot, base },
    })
    expect(wants(cluster, 3)).toEqual([])
    expect(status(cluster, 3).commitIndex).toBe(base.index)
  })

  test('nothing is handed out as committed while a snapshot is being installed', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    const base = { ...cluster.of(1).applied, index: 40 as Index }
    cluster.deliver({
      from: 1,
      to: 3,
      message: { type: 'snapshotOffer', epoch: 0, ballot: status(cluster, 1).ballot, base },
    })
    expect(wants(cluster, 3)).toHaveLength(1)
    cluster.propose(1)
    cluster.settle()
    expect(status(cluster, 3).commitIndex).toBe(2 as Index)
    expect(cluster.of(3).history).toHaveLength(1)
    cluster.step(3, [{ kind: 'installFailed', index: 40 as Index }])
    expect(cluster.of(3).history).toHaveLength(2)
  })

  test('an installed snapshot that lies within the log keeps what follows it', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    for (let i = 0; i < 4; i++) cluster.propose(1)
    cluster.settle(isType('commit'))
    const base = { ...cluster.of(1).applied, index: 99 as Index }
    cluster.deliver({
      from: 1,
      to: 3,
      message: { type: 'snapshotOffer', epoch: 0, ballot: status(cluster, 1).ballot, base },
    })
    const entry = cluster.of(1).history[2]!
    const installed = { ...cluster.of(1).applied, index: entry.index, ballot: entry.ballot, time: entry.time }
    cluster.of(3).applied = installed
    cluster.step(3, [{ kind: 'installed', base: installed }])
    expect(status(cluster, 3)).toMatchObject({ lastIndex: 5, commitIndex: 3 })
    expect(cluster.describe(3)).toContain('log 3..5@1')
  })

  test('a snapshot from a later term than the node’s own brings it into that term, durably', () => {
    const cluster = behind()
    cluster.pass(5 * HEARTBEAT_MS)
    const later = { ...cluster.of(1).applied, ballot: 7 as Ballot }
    cluster.of(3).applied = later
    cluster.step(3, [{ kind: 'installed', base: later }])
    cluster.core(3).check()
    expect(status(cluster, 3)).toMatchObject({ ballot: 7, leader: 0n })
    cluster.crash(3)
    cluster.restart(3)
    expect(status(cluster, 3).ballot).toBe(7)
  })

  test('a store that was ahead of the log after a crash becomes the log’s base', () => {
    const cluster = behind()
    cluster.pass(5 * HEARTBEAT_MS)
    const three = cluster.of(3)
    three.applied = cluster.of(1).applied
    cluster.crash(3)
    cluster.restart(3)
    expect(status(cluster, 3)).toMatchObject({ lastIndex: 11, commitIndex: 11 })
    cluster.propose(1)
    cluster.pass(5 * HEARTBEAT_MS)
    expect(status(cluster, 3).commitIndex).toBe(12 as Index)
  })

  test('a store that was behind the log has the rest committed anew', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    for (let i = 0; i < 4; i++) cluster.propose(1)
    cluster.settle()
    const three = cluster.of(3)
    three.applied = { ...three.applied, index: 2 as Index }
    three.history.length = 2
    cluster.crash(3)
    cluster.restart(3)
    cluster.pass(5 * HEARTBEAT_MS)
    expect(three.history).toEqual(cluster.of(1).history)
  })

  test('entries that have left memory are loaded from the log for a slow follower', () => {
    const limits = { windowBytesMax: 200 }
    const cluster = new Cluster([1, 2, 3], { limits })
    cluster.elect(1)
    let loads = 0
    for (let i = 0; i < 30; i++) cluster.propose(1)
    cluster.settle(touches(3))
    const step = cluster.step.bind(cluster)
    cluster.step = (id, inputs) => {
      const effects = step(id, inputs)
      loads += effects.filter(effect => effect.kind === 'load').length
      return effects
    }
    cluster.pass(10 * HEARTBEAT_MS)
    expect(loads).toBeGreaterThan(0)
    expect(cluster.of(3).history).toEqual(cluster.of(1).history)
  })

  test('and if the log no longer has them, a snapshot is offered', () => {
    const cluster = new Cluster([1, 2, 3], { limits: { windowBytesMax: 200 } })
    cluster.elect(1)
    for (let i = 0; i < 30; i++) cluster.propose(1)
    cluster.settle(touches(3))
    cluster.of(1).disk.entries.clear()
    cluster.pass(10 * HEARTBEAT_MS)
    expect(cluster.describe(1)).toContain('3:snapshot')
    cluster.install(3)
    cluster.settle()
    expect(status(cluster, 3).commitIndex).toBe(31 as Index)
  })

  test('while a follower installs a snapshot, the log waits for it', () => {
    const cluster = behind()
    cluster.pass(5 * HEARTBEAT_MS)
    for (let i = 0; i < 20; i++) cluster.propose(1)
    cluster.settle()
    cluster.checkpoint(1)
    expect(cluster.describe(1)).toContain('log 9..31@1')
    cluster.install(3)
    cluster.settle()
    cluster.checkpoint(1)
    expect(cluster.describe(1)).toContain('log 29..31@1')
  })
})

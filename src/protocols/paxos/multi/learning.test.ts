/** How a member gets to know what was chosen without it. */
import { describe, expect, test } from 'vitest'
import { type Cluster, led, touches } from './testing/cluster.ts'

const chosenOf = (cluster: Cluster, id: number) => cluster.of(id).core.status().commitIndex

describe('learning', () => {
  test('whoever accepted something else does not take it for what was chosen', () => {
    const cluster = led()
    cluster.propose(1, 'mine')
    cluster.settle(touches(2, 3))
    cluster.crash(1)
    cluster.elect(2)
    cluster.propose(2, 'chosen')
    cluster.settle()
    cluster.of(1).isDown = false
    for (let beats = 0; beats < 4; beats++) {
      cluster.expire(2)
      cluster.settle()
    }
    expect(cluster.values(1)).toEqual(['1 chosen'])
  })

  test('whoever accepted a no-op of another time does not take it for the one that was chosen', () => {
    const cluster = led([1, 2], { alpha: 4 })
    cluster.reconfigure(1, [2])
    cluster.settle(({ message }) => message.type === 'beatAnswer')
    // The first slot of the new configuration is filled by the old leader, unheard, and then by the new one.
    cluster.expire(1)
    cluster.settle(({ message }) => message.type === 'accept')
    expect(cluster.of(1).core.status()).toMatchObject({ commitIndex: 4, lastIndex: 5 })
    cluster.restart(2)
    cluster.elect(2, touches(1))
    cluster.expire(2)
    cluster.settle(({ message }) => message.type === 'accept')
    cluster.expire(1)
    cluster.settle()
    const handedOut = (id: number) => cluster.of(id).history.map(({ kind, time }) => `${kind} ${time}`)
    expect(chosenOf(cluster, 1)).toBe(5)
    expect(handedOut(1)).toEqual(handedOut(2))
  })

  test('what was known to be chosen is handed out after a restart without anybody', () => {
    const cluster = led()
    for (const value of ['a', 'b', 'c']) {
      cluster.propose(1, value)
      cluster.settle()
    }
    const one = cluster.of(2)
    one.applied = { ...one.applied, index: 0 as never, ballot: 0 as never }
    one.history.length = 0
    cluster.restart(2)
    expect(cluster.values(2)).toEqual(['1 a', '2 b'])
  })

  test('a leader that knows less than those who promised learns it, and goes on behind it', () => {
    const cluster = led()
    for (const value of ['a', 'b']) {
      cluster.propose(1, value)
      cluster.settle(touches(3))
    }
    cluster.crash(1)
    cluster.elect(3)
    cluster.propose(3, 'c')
    cluster.settle()
    expect(cluster.values(3)).toEqual(['1 a', '2 b', '3 c'])
  })
})

describe('a snapshot that cannot be had', () => {
  /** The third lacks more than the others' logs still hold, and was offered a snapshot by the leader. */
  function offered(): Cluster {
    const cluster = led()
    for (let i = 0; i < 12; i++) {
      cluster.propose(1, `value ${i}`)
      cluster.settle(touches(3))
    }
    cluster.expire(1)
    cluster.settle(touches(3))
    for (const id of [1, 2]) cluster.step(id, [{ kind: 'checkpointed', base: cluster.of(id).applied }])
    while (asked(cluster).length === 0) beat(cluster)
    return cluster
  }

  const asked = (cluster: Cluster): number[] =>
    cluster.told.flatMap(line => /^ {2}3 > (\d) learn /.exec(line)?.[1] ?? []).map(Number)

  function beat(cluster: Cluster): void {
    cluster.expire(1)
    cluster.settle()
    cluster.expire(3)
    cluster.settle()
  }

  function fails(cluster: Cluster): void {
    const installs = cluster
      .of(3)
      .answers.flatMap(effect => (effect.kind === 'installSnapshot' ? effect : []))
    cluster.step(3, [{ kind: 'installFailed', index: installs.at(-1)!.index }])
  }

  test('is asked of somebody else the next time, and then of the next', () => {
    const cluster = offered()
    expect(asked(cluster)).toEqual([1])
    for (let times = 0; times < 3; times++) {
      fails(cluster)
      while (asked(cluster).length < times + 2) beat(cluster)
    }
    expect(asked(cluster)).toEqual([1, 2, 1, 2])
  })

  test('is asked also of a leader that came while this member was away', () => {
    const cluster = led()
    const turns = (id: number, count = 3): void => {
      for (let times = 0; times < count; times++) {
        cluster.expire(id)
        cluster.settle()
      }
    }
    cluster.crash(3)
    cluster.reconfigure(1, [1, 2, 3, 4])
    turns(1)
    cluster.join(4, cluster.of(1).applied.configuration)
    turns(1)
    cluster.elect(4)
    for (let i = 0; i < 12; i++) cluster.propose(4, `value ${i}`)
    turns(4)
    for (const id of [1, 2, 4]) cluster.step(id, [{ kind: 'checkpointed', base: cluster.of(id).applied }])
    cluster.of(3).isDown = false
    cluster.told.length = 0
    for (let times = 0; times < 4; times++) {
      // Who installs a snapshot has nothing to wait for but an election.
      for (const id of [4, 3, 4, 3]) if (asked(cluster).length <= times) turns(id, 1)
      if (times < 3) fails(cluster)
    }
    expect(asked(cluster)).toEqual([4, 1, 2, 4])
  })
})

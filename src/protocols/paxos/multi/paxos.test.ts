/** What the papers claim of Multi-Paxos, each as a test. */
import { describe, expect, test } from 'vitest'
import type { Index } from '../../../core/ids.ts'
import { lastOfRound, nextBallot } from '../ballot.ts'
import { Cluster, type Envelope, led, touches } from './testing/cluster.ts'

const roleOf = (cluster: Cluster, id: number) => cluster.of(id).core.status().role
const ballotOf = (cluster: Cluster, id: number) => cluster.of(id).core.status().ballot
const chosenOf = (cluster: Cluster, id: number) => cluster.of(id).core.status().commitIndex

describe('the distinguished proposer', () => {
  test('skips phase 1 for as long as nobody promises a higher ballot', () => {
    const cluster = led()
    cluster.told.length = 0
    for (const value of ['a', 'b', 'c']) {
      cluster.propose(1, value)
      cluster.settle()
    }
    expect(cluster.values(2)).toEqual(['1 a', '2 b', '3 c'])
    expect(cluster.told.filter(line => / prepare | promise /.test(line))).toEqual([])
  })

  test('writes nothing into the log by being elected', () => {
    expect(led().of(1).core.status().lastIndex).toBe(0)
  })

  test('has several slots in flight, which are accepted in any order and handed out in theirs', () => {
    const cluster = led()
    for (const value of ['a', 'b', 'c']) cluster.propose(1, value)
    const accepts = cluster.take(({ message }) => message.type === 'accept')
    for (const envelope of accepts.toReversed()) cluster.deliver(envelope)
    cluster.settle()
    for (const id of [1, 2, 3]) expect(cluster.values(id)).toEqual(['1 a', '2 b', '3 c'])
  })

  test('gets a slot chosen though the one before it is not, and hands neither out before', () => {
    const cluster = led()
    cluster.propose(1, 'a')
    cluster.take(({ message }) => message.type === 'accept')
    cluster.propose(1, 'b')
    cluster.settle()
    expect(chosenOf(cluster, 1)).toBe(0)
    for (let beats = 0; beats < 5; beats++) {
      cluster.expire(1)
      cluster.settle()
    }
    expect(cluster.values(1)).toEqual(['1 a', '2 b'])
  })

  test('opens no more than alpha slots at a time', () => {
    const cluster = led([1, 2, 3], { alpha: 4 })
    for (let i = 0; i < 10; i++) cluster.propose(1, `${i}`)
    expect(cluster.of(1).core.status().lastIndex).toBe(4)
    cluster.settle()
    expect(cluster.values(3).length).toBe(10)
  })

  test('does not count its own acceptance before it is durable', () => {
    const cluster = led([1, 2, 3])
    cluster.syncs = false
    cluster.propose(1, 'a')
    cluster.settle(touches(3))
    cluster.sync(2)
    cluster.settle(touches(3))
    expect(chosenOf(cluster, 1)).toBe(0)
    cluster.sync(1)
    expect(chosenOf(cluster, 1)).toBe(1)
  })
})

describe('phase 1 over all open slots', () => {
  /** Node 2 alone has accepted in slots 1 and 3; nobody else knows of 2. */
  function withGap(): Cluster {
    const cluster = led()
    for (const value of ['a', 'b', 'c']) cluster.propose(1, value)
    cluster.take(({ message }) => message.type === 'accept' && message.entries[0]?.index === 2)
    cluster.settle(
      ({ from, to, message }) => touches(3)({ from, to, message }) || message.type === 'accepted',
    )
    cluster.crash(1)
    return cluster
  }

  test('recovers what was accepted, and fills the gaps with no-ops', () => {
    const cluster = withGap()
    cluster.elect(3)
    expect(roleOf(cluster, 3)).toBe('leader')
    expect(cluster.values(3)).toEqual(['1 a', '2 -', '3 c'])
  })

  test('the origin of what was displaced by a no-op is told that it is surely not done', () => {
    const cluster = withGap()
    cluster.elect(3)
    cluster.crash(2)
    cluster.of(1).isDown = false
    cluster.propose(3, 'd')
    for (let beats = 0; beats < 4; beats++) {
      cluster.expire(3)
      cluster.settle()
    }
    expect(cluster.values(1)).toEqual(['1 a', '2 -', '3 c', '4 d'])
    expect([1, 2, 3].map(id => cluster.outcome(1, id as never))).toEqual([
      'committed',
      'refused',
      'committed',
    ])
  })

  test('comes in pages where acceptors have much to tell', () => {
    const cluster = led([1, 2, 3], { limits: { pageBytesMax: 1 } })
    for (const value of ['a', 'b', 'c', 'd']) cluster.propose(1, value)
    cluster.settle(envelope => touches(3)(envelope) || envelope.message.type === 'accepted')
    cluster.crash(1)
    cluster.elect(3)
    expect(cluster.values(2)).toEqual(['1 a', '2 b', '3 c', '4 d'])
    expect(cluster.told.filter(line => line.includes('more from')).length).toBe(3)
  })

  test('of two values for a slot the one of the higher ballot binds', () => {
    const cluster = led([1, 2, 3, 4, 5])
    cluster.propose(1, 'low')
    cluster.settle(touches(3, 4, 5))
    cluster.crash(1)
    cluster.crash(2)
    cluster.elect(3)
    cluster.propose(3, 'high')
    cluster.settle(({ message }) => message.type === 'accepted')
    expect(cluster.values(3)).toEqual([])
    cluster.crash(3)
    cluster.crash(5)
    cluster.restart(1)
    cluster.restart(2)
    cluster.elect(2)
    expect(cluster.values(2)).toEqual(['1 high'])
  })

  test('a promise is not given before it is durable', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.of(2).disk.pending.length = 0
    cluster.syncs = false
    cluster.now += 2_000_000
    cluster.expire(1)
    for (let rounds = 0; rounds < 4; rounds++) {
      cluster.settle(touches(3))
      cluster.sync(1)
    }
    expect(roleOf(cluster, 1)).toBe('candidate')
    cluster.sync(2)
    cluster.settle(touches(3))
    expect(roleOf(cluster, 1)).toBe('leader')
  })

  test('a proposer that starts again never uses a ballot twice', () => {
    const cluster = led()
    const first = ballotOf(cluster, 1)
    cluster.restart(1)
    cluster.elect(1)
    expect(ballotOf(cluster, 1)).toBeGreaterThan(first)
  })
})

describe('reads', () => {
  test('take no slot, and cover what was chosen when they arrived', () => {
    const cluster = led()
    cluster.propose(1, 'a')
    cluster.settle()
    const [own, forwarded] = [cluster.read(1), cluster.read(2)]
    cluster.settle()
    expect([cluster.served(1, own), cluster.served(2, forwarded)]).toEqual([1, 1])
    expect(cluster.of(1).core.status().lastIndex).toBe(1)
  })

  test('wait for a majority that was asked after they arrived', () => {
    const cluster = led()
    cluster.expire(1)
    const old = cluster.take(({ from }) => from === 1)
    for (const envelope of old) cluster.deliver(envelope)
    const answers = cluster.take(({ to }) => to === 1)
    const read = cluster.read(1)
    cluster.take(() => true)
    for (const envelope of answers) cluster.deliver(envelope)
    expect(cluster.served(1, read)).toBe('open')
  })

  test('of a new leader wait until it knows what was chosen in the slots that were open', () => {
    const cluster = led()
    cluster.propose(1, 'a')
    cluster.settle(envelope => touches(3)(envelope) || envelope.message.type === 'accepted')
    cluster.crash(1)
    cluster.elect(3, ({ message }) => message.type === 'accept')
    const read = cluster.read(3)
    cluster.settle()
    expect(cluster.served(3, read)).toBe('open')
    for (let beats = 0; beats < 4; beats++) {
      cluster.expire(3)
      cluster.settle()
    }
    expect(cluster.served(3, read)).toBe(1)
  })
})

describe('the membership', () => {
  test('changes alpha slots after it was chosen, and no-ops carry the log there', () => {
    const cluster = led([1, 2, 3], { alpha: 4 })
    const change = cluster.reconfigure(1, [1, 2, 4])
    cluster.settle()
    for (let beats = 0; beats < 6; beats++) {
      cluster.expire(1)
      cluster.settle()
    }
    expect(cluster.outcome(1, change)).toBe('committed')
    expect(chosenOf(cluster, 4)).toBe(5)
    cluster.crash(3)
    cluster.crash(2)
    cluster.propose(1, 'with the new one')
    for (let beats = 0; beats < 3; beats++) {
      cluster.settle()
      cluster.expire(1)
    }
    expect(cluster.values(4).at(-1)).toBe('6 with the new one')
  })

  test('is proposed only when everything before it is chosen', () => {
    const cluster = led()
    cluster.propose(1, 'a')
    cluster.reconfigure(1, [1, 2])
    expect(cluster.of(1).core.status().lastIndex).toBe(1)
    cluster.settle()
    expect(cluster.of(1).history.find(({ kind }) => kind === 'configuration')?.index).toBe(2)
  })

  test('has nothing proposed behind it before it is known to be chosen', () => {
    const cluster = led()
    cluster.reconfigure(1, [1, 2])
    cluster.propose(1, 'behind')
    expect(cluster.of(1).core.status().lastIndex).toBe(1)
    cluster.settle()
    expect(cluster.values(1)[1]).toBe('2 behind')
  })

  test('begins once a majority of those who stay knows, durably, all that was chosen before', () => {
    const cluster = led([1, 2], { alpha: 4 })
    cluster.reconfigure(1, [2])
    cluster.settle(({ message }) => message.type === 'beatAnswer')
    expect(cluster.of(1).core.status()).toMatchObject({ commitIndex: 4, lastIndex: 4 })
    expect(cluster.leavingBy(1)).toEqual([1n])
    cluster.expire(1)
    cluster.settle()
    expect(cluster.of(1).core.status().commitIndex).toBe(5)
    expect(cluster.leavingBy(1)).toBeUndefined()
    cluster.crash(1)
    cluster.restart(2)
    cluster.elect(2)
    expect(roleOf(cluster, 2)).toBe('leader')
  })

  test('does not begin by what somebody knows who would not know it after a loss of power', () => {
    const cluster = led([1, 2], { alpha: 4 })
    cluster.reconfigure(1, [2])
    cluster.settle(({ message }) => message.type === 'beat' || message.type === 'chosen')
    cluster.syncs = false
    cluster.expire(1)
    cluster.settle()
    expect(cluster.of(1).core.status().lastIndex).toBe(4)
    cluster.sync(2)
    cluster.settle()
    expect(cluster.of(1).core.status().lastIndex).toBe(5)
  })

  test('is told to whoever joins, who proposes nothing before it knows what was chosen before', () => {
    const cluster = led([1, 2, 3], { alpha: 4 })
    cluster.crash(4)
    for (const voters of [
      [1, 2, 3],
      [1, 2, 4],
    ]) {
      cluster.reconfigure(1, voters)
      cluster.settle()
      cluster.expire(1)
      cluster.settle()
    }
    const told = cluster.of(1).applied.configuration
    cluster.join(4, told)
    cluster.expire(4)
    expect(roleOf(cluster, 4)).toBe('learner')
    for (let beats = 0; beats < 3; beats++) {
      cluster.expire(1)
      cluster.settle()
    }
    expect(cluster.of(4).applied).toMatchObject({ index: chosenOf(cluster, 1), configuration: told })
    cluster.restart(4)
    expect(roleOf(cluster, 4)).toBe('follower')
    cluster.crash(1)
    cluster.elect(4)
    expect(roleOf(cluster, 4)).toBe('leader')
  })

  test('of another basis than the one in force is outdated', () => {
    const cluster = led()
    const change = cluster.reconfigure(1, [1, 2], 7)
    expect(cluster.outcome(1, change)).toBe('outdated')
    expect(cluster.outcome(1, cluster.reconfigure(1, []))).toBe('invalid')
  })

  test('lets a leader that leaves with it hand over', () => {
    const cluster = led([1, 2, 3], { alpha: 2 })
    cluster.reconfigure(1, [2, 3])
    for (let beats = 0; beats < 4 && roleOf(cluster, 1) === 'leader'; beats++) {
      cluster.settle()
      cluster.expire(1)
    }
    cluster.settle()
    expect([2, 3].map(id => roleOf(cluster, id))).toContain('leader')
    expect(roleOf(cluster, 1)).toBe('learner')
  })
})

describe('a member that forgot', () => {
  const standingsOf = (cluster: Cluster, id: number) =>
    cluster.of(id).answers.flatMap(effect => (effect.kind === 'standing' ? effect.standing.kind : []))

  /** Slot 1 was accepted by 1 and 2; then 2 lost its disk. */
  function forgotten(): Cluster {
    const cluster = led()
    cluster.propose(1, 'a')
    cluster.settle(envelope => touches(3)(envelope) || envelope.message.type === 'chosen')
    expect(chosenOf(cluster, 1)).toBe(1)
    cluster.of(2).disk.lose('lost')
    cluster.of(2).applied = { ...cluster.of(2).applied, index: 0 as never }
    cluster.of(2).history.length = 0
    cluster.restart(2)
    return cluster
  }

  test('has taken over what others accepted, and tells it to proposers', () => {
    const cluster = forgotten()
    cluster.settle(({ message }) => message.type === 'learned')
    cluster.crash(1)
    cluster.elect(3)
    cluster.propose(3, 'b')
    cluster.settle()
    expect(cluster.values(3)).toEqual(cluster.values(2))
    expect(cluster.values(3)[0] ?? '1 a').toBe('1 a')
  })

  test('speaks for no slot of which somebody knows what is chosen, before it knows it too', () => {
    const cluster = forgotten()
    cluster.settle(({ message }) => message.type === 'learned')
    expect(standingsOf(cluster, 2)).toEqual(['asking', 'catchingUp'])
    cluster.crash(1)
    for (let tries = 0; tries < 4; tries++) cluster.elect(3)
    expect(cluster.values(3)).toEqual([])
    cluster.of(1).isDown = false
    for (let tries = 0; tries < 6; tries++) cluster.elect(3)
    expect(cluster.values(3)).toEqual(['1 a'])
  })

  test('takes part again above what it can have promised', () => {
    const cluster = forgotten()
    const before = ballotOf(cluster, 1)
    for (let beats = 0; beats < 12; beats++) {
      cluster.settle()
      cluster.expire(1)
    }
    expect(ballotOf(cluster, 2)).toBeGreaterThan(before)
    expect([1, 2, 3].map(id => roleOf(cluster, id))).toContain('leader')
    expect(standingsOf(cluster, 2).at(-1)).toBe('whole')
    expect(cluster.values(2)).toEqual(['1 a'])
  })

  test('takes a leader its ballot, and not its office, though the leader asks before the fence is everywhere', () => {
    const cluster = forgotten()
    const before = ballotOf(cluster, 1)
    const isFence = ({ message }: Envelope) => message.type === 'inquiry' && message.ballot > before
    cluster.settle(envelope => isFence(envelope) && envelope.to === 3)
    expect(roleOf(cluster, 1)).toBe('leader')
    expect(ballotOf(cluster, 1)).toBeGreaterThan(before)
    expect(ballotOf(cluster, 3)).toBe(ballotOf(cluster, 1))
  })

  test('knows how much it can have promised: whoever is asked for far more follows durably, and then says yes', () => {
    const cluster = led()
    cluster.now += 2_000_000
    cluster.syncs = false
    const ballot = nextBallot(lastOfRound(40), 1)
    const message = { type: 'canvass', ballot, incarnation: 1, chosen: 0 as Index } as const
    cluster.deliver({ from: 2, to: 3, message })
    expect(cluster.take(touches(3))).toEqual([])
    cluster.sync(3)
    const answers = cluster.take(touches(3)).map(envelope => envelope.message)
    expect(answers).toMatchObject([{ type: 'canvassed', granted: true, promised: lastOfRound(40) }])
  })

  test('asks those again who have answered, while others are silent: they may have been behind', () => {
    const cluster = forgotten()
    const asked = () => {
      cluster.expire(2)
      return cluster.messages.filter(({ to, message }) => message.type === 'inquiry' && to === 1).length
    }
    cluster.settle(touches(3))
    expect(asked()).toBe(0)
    for (let beats = 0; beats < 5; beats++) {
      cluster.expire(2)
      cluster.settle(touches(3))
    }
    expect(asked()).toBe(1)
  })

  test('takes no part while nobody has answered', () => {
    const cluster = forgotten()
    cluster.crash(1)
    cluster.elect(3, touches(2))
    cluster.settle(({ message }) => message.type === 'inquiry' || message.type === 'inquiryAnswer')
    expect(roleOf(cluster, 3)).not.toBe('leader')
    expect(cluster.of(2).core.doubt).toBe('lost')
  })
})

describe('leadership', () => {
  test('is handed over on request', () => {
    const cluster = led()
    cluster.propose(1, 'a')
    cluster.settle()
    cluster.step(1, [{ kind: 'transferLeader', to: 3n as never }])
    cluster.settle()
    expect(roleOf(cluster, 3)).toBe('leader')
    cluster.propose(3, 'b')
    cluster.settle()
    expect(cluster.values(1)).toEqual(['1 a', '2 b'])
  })

  test('is not lost to a node that was cut off and comes back', () => {
    const cluster = led()
    const ballot = ballotOf(cluster, 1)
    for (let beats = 0; beats < 25; beats++) {
      cluster.expire(1)
      cluster.settle(touches(3))
    }
    for (let tries = 0; tries < 3; tries++) {
      cluster.expire(1)
      cluster.take(touches(3))
      cluster.step(3, [{ kind: 'deadline' }])
      cluster.settle(({ from, to }) => from === 1 && to === 3)
    }
    expect(roleOf(cluster, 3)).not.toBe('leader')
    expect(ballotOf(cluster, 2)).toBe(ballot)
  })
})

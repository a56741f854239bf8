/** Whose clock counts in the log, and from where to where. */
import { describe, expect, test } from 'vitest'
import { EMPTY } from '../../../core/bytes.ts'
import type { Entry } from '../../../core/entry.ts'
import { type Ballot, type Index, NOBODY, type ProposalId } from '../../../core/ids.ts'
import type { ClusterTime } from '../../../core/time.ts'
import { type LogTime, NO_RUN, timeAfter, withLogTime } from './log-time.ts'
import { type Cluster, led, touches } from './testing/cluster.ts'

type Birth = Pick<Entry, 'born' | 'opens'>

function entry(time: number, birth: Birth, ballot = 9): Entry {
  const index = 1 as Index
  const proposal = 0 as ProposalId
  const at = time as ClusterTime
  return {
    index,
    ballot: ballot as Ballot,
    kind: 'noop',
    time: at,
    origin: NOBODY,
    proposal,
    data: EMPTY,
    ...birth,
  }
}

const opening = (ballot: number, time: number) => entry(time, { born: ballot as Ballot, opens: true })
const further = (ballot: number, time: number) => entry(time, { born: ballot as Ballot })
const unborn = (time: number) => entry(time, {})

/** What time it is after each of them. */
function times(...entries: readonly Entry[]): number[] {
  let now: LogTime = { time: 0 as ClusterTime, run: NO_RUN }
  return entries.map(each => {
    now = timeAfter(now, each)
    return now.time
  })
}

describe('a run', () => {
  test('goes on for as long as what is chosen was born in one ballot', () => {
    expect(times(opening(1, 10), further(1, 20), further(1, 30))).toEqual([10, 20, 30])
  })

  test('is not begun by what does not open one', () => {
    expect(times(further(1, 10), further(1, 20))).toEqual([0, 0])
  })

  test('is ended by what another leader was the first to propose, and time stands still', () => {
    expect(times(opening(2, 10), further(1, 90), further(2, 20), further(2, 30))).toEqual([10, 10, 10, 10])
  })

  test('goes on behind the one before it', () => {
    expect(times(opening(1, 10), further(2, 15), opening(2, 20), further(2, 25))).toEqual([10, 10, 20, 25])
  })

  test('does not turn time back', () => {
    expect(times(opening(1, 10), opening(2, 5), further(2, 7), further(2, 12))).toEqual([10, 10, 10, 12])
  })
})

test('of what was written before births were told, the greatest time counts', () => {
  expect(times(unborn(10), unborn(5), unborn(20), opening(1, 25), unborn(22), further(1, 30))).toEqual([
    10, 10, 20, 25, 25, 25,
  ])
})

test('whoever is told an entry as it was handed out computes the same from there on', () => {
  const chosen = [opening(1, 10), further(1, 20), further(2, 90), opening(3, 22), further(3, 30), unborn(40)]
  let now: LogTime = { time: 0 as ClusterTime, run: NO_RUN }
  for (const each of chosen) {
    const next = timeAfter(now, each)
    const told = withLogTime(each, next)
    expect(told.time).toBe(next.time)
    expect(timeAfter(now, told)).toEqual(next)
    now = next
  }
})

const historyOf = (cluster: Cluster, id: number) => cluster.of(id).history

function beat(cluster: Cluster, id: number): void {
  cluster.expire(id)
  cluster.settle()
}

describe('a leader', () => {
  const statusOf = (cluster: Cluster, id: number) => cluster.of(id).core.status()

  test('proposes nothing of its own before all that others proposed before is known to be chosen', () => {
    const cluster = led()
    cluster.propose(1, 'open')
    cluster.settle(({ from }) => from !== 1)
    cluster.crash(1)
    cluster.elect(2, ({ message }) => message.type === 'accepted')
    cluster.propose(2, 'its own')
    cluster.settle(({ message }) => message.type === 'accepted')
    expect(statusOf(cluster, 2)).toMatchObject({ role: 'leader', commitIndex: 0, lastIndex: 1 })
    for (let beats = 0; beats < 3; beats++) beat(cluster, 2)
    expect(cluster.values(3)).toEqual(['1 open', '2 its own'])
    expect(historyOf(cluster, 3)[1]).toMatchObject({ born: statusOf(cluster, 2).ballot, opens: true })
  })

  test('that fills a gap counts time only behind what it recovered', () => {
    const cluster = led()
    cluster.propose(1, 'gap')
    cluster.take(({ message }) => message.type === 'accept')
    cluster.propose(1, 'open')
    cluster.settle(({ from }) => from !== 1)
    cluster.crash(1)
    cluster.elect(2)
    cluster.propose(2, 'its own')
    cluster.settle()
    const births = historyOf(cluster, 2).map(({ kind, born, opens }) => `${kind} ${born} ${opens}`)
    const { ballot } = statusOf(cluster, 2)
    expect(births).toEqual(['noop 0 undefined', 'command 0 undefined', `command ${ballot} true`])
  })

  test('that is told late of what it has to propose again counts its time anew behind that', () => {
    const cluster = led([1, 2, 3, 4, 5])
    for (const value of ['lost', 'w', 'x']) cluster.propose(1, value)
    cluster.settle(({ to }) => to !== 2)
    cluster.crash(1)
    cluster.elect(3, touches(2))
    cluster.propose(3, 'a')
    cluster.settle(touches(2))
    // Node 2 promises after all.
    beat(cluster, 3)
    cluster.propose(3, 'b')
    cluster.settle()
    beat(cluster, 3)
    cluster.propose(3, 'c')
    cluster.settle()
    expect(cluster.values(3)).toEqual(['1 a', '2 w', '3 x', '4 b', '5 c'])
    const [, , recovered, b, c] = historyOf(cluster, 3)
    expect([recovered!.born, b!.opens]).toEqual([NO_RUN, true])
    expect(c!.time - b!.time).toBe(100)
  })

  test('goes on from where the log had come to, though it had missed the end of it', () => {
    const cluster = led()
    const lastTime = (id: number) => cluster.of(id).history.at(-1)!.time
    cluster.propose(1, 'early')
    cluster.settle(touches(3))
    for (let beats = 0; beats < 50; beats++) {
      cluster.expire(1)
      cluster.settle(touches(3))
    }
    cluster.propose(1, 'late')
    cluster.settle(touches(3))
    const before = lastTime(2)
    cluster.crash(1)
    cluster.elect(3)
    cluster.expire(3)
    cluster.settle()
    cluster.propose(3, 'its first')
    cluster.settle()
    const first = lastTime(3)
    cluster.expire(3)
    cluster.settle()
    cluster.propose(3, 'a beat later')
    cluster.settle()
    expect(cluster.values(3)).toEqual(['1 early', '2 late', '3 its first', '4 a beat later'])
    expect(before).toBe(5_000)
    expect(first).toBeGreaterThanOrEqual(before)
    expect(lastTime(3) - first).toBe(100)
  })
})

test('a member that begins at a base in the middle of a run goes on with it', () => {
  const cluster = led()
  for (const value of ['a', 'b', 'c', 'd', 'e']) cluster.propose(1, value)
  cluster.settle(({ from }) => from !== 1)
  cluster.crash(1)
  cluster.elect(2)
  const [first] = historyOf(cluster, 3)
  expect(first!.born).not.toBe(first!.ballot)
  const before = [...historyOf(cluster, 3)]
  const one = cluster.of(3)
  cluster.step(3, [{ kind: 'checkpointed', base: one.applied }])
  expect(one.disk.recovered().base).toMatchObject({ index: 3, ballot: first!.born })
  const configuration = one.applied.configuration
  one.applied = { ...one.disk.recovered().base!, configuration }
  one.history.length = 0
  cluster.restart(3)
  expect(historyOf(cluster, 3)).toEqual(before.slice(3))
})

describe('a leader that stood still', () => {
  /** Node 1 is heard by nobody when it proposes these; node 2 takes its place, and uses the first of the slots. */
  function replaced(...values: readonly string[]): Cluster {
    const cluster = led()
    cluster.propose(1, 'first')
    cluster.settle()
    cluster.now += 900_000
    for (const value of values) cluster.propose(1, value)
    cluster.settle(touches(1))
    cluster.elect(2, touches(1))
    cluster.propose(2, 'second')
    cluster.settle(touches(1))
    return cluster
  }

  /** Node 2 falls silent before anybody uses the other slot. */
  function late(): Cluster {
    const cluster = replaced('late', 'too late')
    cluster.crash(2)
    cluster.elect(3)
    for (let beats = 0; beats < 3; beats++) beat(cluster, 3)
    return cluster
  }

  test('goes on from what others chose in its slots, not from what it accepted there', () => {
    const cluster = replaced('late')
    beat(cluster, 2)
    cluster.elect(1)
    cluster.propose(1, 'third')
    for (let beats = 0; beats < 3; beats++) {
      cluster.settle()
      cluster.expire(1)
    }
    expect(cluster.values(3)).toEqual(['1 first', '2 second', '3 third'])
    expect(historyOf(cluster, 3).at(-1)!.time).toBeLessThan(500)
  })

  test('does not move time on by what nobody has chosen until a later leader had to', () => {
    const cluster = late()
    expect(cluster.values(3)).toEqual(['1 first', '2 second', '3 too late'])
    const [, second, recovered] = historyOf(cluster, 3)
    expect(recovered!.born).toBe(NO_RUN)
    expect(recovered!.time).toBe(second!.time)
    expect(historyOf(cluster, 1).map(({ time }) => time)).toEqual(
      historyOf(cluster, 3).map(({ time }) => time),
    )
  })

  test('and from there time goes on at its pace', () => {
    const cluster = late()
    cluster.propose(3, 'behind it')
    cluster.settle()
    beat(cluster, 3)
    cluster.propose(3, 'a beat later')
    cluster.settle()
    const [, second, , behind, later] = historyOf(cluster, 3)
    // Three beats after what it recovered was known to be chosen.
    expect(behind!.time - second!.time).toBe(300)
    expect(later!.time - behind!.time).toBe(100)
  })
})

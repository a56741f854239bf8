/** The scenarios that have a name, the bugs that they are there to catch, and the language that they are written in. */
import { describe, expect, test } from 'vitest'
import type { BugName } from '../../src/core/seams.ts'
import type { ProtocolName } from '../../src/protocols/protocols.ts'
import { SCENARIOS, scenarioNamed } from '../../src/sim/scenarios/named/index.ts'
import { playScenario } from '../../src/sim/scenarios/play.ts'
import type { Scenario } from '../../src/sim/scenarios/scenario.ts'

const TIMEOUT_MS = 300_000

function scenario(play: Scenario['play'], setting: Scenario['setting'] = {}): Scenario {
  return { name: 'a-test', sentence: 'it tests', source: 'here', setting, play }
}

describe('what holds', { timeout: TIMEOUT_MS }, () => {
  test.each(SCENARIOS.map(each => [each.name, each.sentence, each] as const))(
    '%s: %s',
    async (_, __, each) => {
      const { verdict, problems } = await playScenario(each, { seed: 1 })
      expect({ verdict, problems }).toEqual({ verdict: 'good', problems: [] })
    },
  )
})

describe('what holds with Multi-Paxos, too', { timeout: TIMEOUT_MS }, () => {
  test.each(SCENARIOS.map(each => [each.name, each] as const))('%s', async (_, each) => {
    const { verdict, problems } = await playScenario(each, { seed: 1, consensus: 'paxos' })
    expect({ verdict, problems }).toEqual({ verdict: 'good', problems: [] })
  })
})

/** Each with the bug of the museum that it shows, within so many seeds. */
const CAUGHT: readonly (readonly [string, BugName, number])[] = [
  ['vote-then-crash', 'vote-before-durable', 16],
  ['figure-8', 'commit-by-counting', 2],
  ['isolated-member-returns', 'no-pre-vote', 2],
  ['partial-partition', 'disloyal-voters', 2],
  ['minority-leader', 'deaf-leader', 2],
  ['fresh-leader-read', 'read-before-own-commit', 2],
  ['paused-leader-read', 'read-without-quorum', 2],
  ['read-after-retry', 'read-id-reused', 4],
  ['retried-request', 'unknown-tried-again', 2],
  ['late-request', 'unknown-tried-again', 2],
  ['single-member-power-loss', 'answered-before-sync-alone', 2],
  ['common-power-loss', 'append-answered-before-durable', 8],
  ['failed-sync', 'failed-write-believed', 2],
  ['torn-tail', 'torn-tail-refused', 2],
  ['rot-in-the-middle-of-the-log', 'rot-truncated', 2],
  ['quota-and-room-again', 'alarm-never-lifted', 1],
]

const CAUGHT_WITH_PAXOS: readonly (readonly [string, BugName, number])[] = [
  ['fresh-leader-read', 'paxos-read-before-recovery', 2],
  ['common-power-loss', 'paxos-accepted-before-durable', 8],
  ['read-after-retry', 'read-id-reused', 4],
  ['promise-then-crash', 'paxos-promise-before-durable', 8],
  ['two-values-of-a-slot', 'paxos-last-told', 4],
]

describe('a bug that is put back is seen', { timeout: TIMEOUT_MS }, () => {
  const verdictOf = async (name: string, bug: BugName, seeds: number, consensus: ProtocolName) => {
    let verdict = 'good'
    for (let seed = 1; seed <= seeds && verdict === 'good'; seed++) {
      verdict = (await playScenario(scenarioNamed(name)!, { seed, bug, consensus })).verdict
    }
    return verdict
  }

  test.each(CAUGHT)('%s shows %s', async (name, bug, seeds) => {
    expect(await verdictOf(name, bug, seeds, 'raft')).not.toBe('good')
  })

  test.each(CAUGHT_WITH_PAXOS)('%s shows %s, with Multi-Paxos', async (name, bug, seeds) => {
    expect(await verdictOf(name, bug, seeds, 'paxos')).not.toBe('good')
  })
})

describe('a play', { timeout: TIMEOUT_MS }, () => {
  test('is the same for the same seed, and another for another', async () => {
    const each = scenarioNamed('restart-storm')!
    const once = await playScenario(each, { seed: 1 })
    expect(await playScenario(each, { seed: 1 })).toEqual(once)
    expect((await playScenario(each, { seed: 2 })).digest).not.toBe(once.digest)
  })

  test('tells its story while it happens', async () => {
    const told: string[] = []
    const play: Scenario['play'] = async cluster => {
      const leader = await cluster.elects()
      await cluster.client(leader).put('key', 'value')
      leader.isolate()
      await cluster.after(1_000)
    }
    const { story } = await playScenario(scenario(play), { seed: 1, tell: line => told.push(line) })
    expect(told).toEqual(story)
    expect(story.map(line => line.replace(/^ +\d+\.\d{3} s {2}/, ''))).toEqual([
      expect.stringMatching(/^[abc] leads$/),
      'client 1: put key = value: done',
      expect.stringMatching(/^[abc] is cut off$/),
    ])
  })

  test('tells who stopped itself, and why', async () => {
    const { story } = await playScenario(scenarioNamed('failed-checkpoint')!, { seed: 1 })
    expect(story).toContainEqual(expect.stringMatching(/b stops itself: .*\[QUORATE_CHECKPOINT_FAILED\]$/))
  })

  test('may say what no scenario with a name says', async () => {
    const play: Scenario['play'] = async cluster => {
      const leader = await cluster.elects()
      const [one, other] = cluster.others(leader)
      await cluster.client(leader).putMany(30)
      await cluster.converges()
      cluster.link(one!, other!).narrow(3)
      cluster.link(leader, one!).hush()
      cluster.link(leader, other!).clog(50)
      await cluster.serves(leader)
      cluster.link(leader, other!).unclog()
      cluster.link(leader, one!).cut()
      cluster.link(leader, one!).heal()
      one!.dieAfter({ call: 'synced', of: 'tables' })
      await cluster.client(leader).putMany(60)
      await one!.ends()
      one!.start()
      other!.disk.misdirectNextWrite('tables')
      other!.disk.loseNextWrite('tables')
      await cluster.client(leader).putMany(60)
      await other!.halts()
      other!.disk.cutFile({ log: 0, percent: 90 })
      other!.start()
      cluster.heal()
      await cluster.serves(leader, one!)
      cluster.holds(
        'a read of what one has is answered',
        (await cluster.client(one!).tryGetLocally('key 1')).outcome === 'done',
      )
    }
    const { verdict, problems } = await playScenario(scenario(play), { seed: 1 })
    expect({ verdict, problems }).toEqual({ verdict: 'good', problems: [] })
  })

  test('may have as many members as it likes', async () => {
    const names: string[] = []
    const play: Scenario['play'] = async cluster => {
      names.push(...cluster.nodes.map(({ name }) => name))
      await cluster.converges()
    }
    await playScenario(scenario(play, { members: 5 }), { seed: 1 })
    expect(names).toEqual(['a', 'b', 'c', 'd', 'e'])
  })
})

describe('what a scenario says and cannot be done ends it at that step, and is told', () => {
  const cases: readonly (readonly [string, Scenario['play'], string, string])[] = [
    [
      'a node that there is not',
      async cluster => cluster.node('x').kill(),
      'crash',
      'step 1 does not apply: the nodes are a, b and c: 0.000 s  node x',
    ],
    [
      'a step that changes nothing',
      async cluster => {
        cluster.node('a').kill()
        cluster.node('a').kill()
      },
      'crash',
      'step 2 does not apply: it changed nothing: 0.000 s  kill a',
    ],
    [
      'a network to be healed with which nothing is wrong',
      async cluster => cluster.heal(),
      'crash',
      'step 1 does not apply: it changed nothing: 0.000 s  every path is healed',
    ],
    [
      'losses that there are not to be taken away',
      async cluster => cluster.loseMessages(0),
      'crash',
      'step 1 does not apply: it changed nothing: 0.000 s  0 of 100 segments get lost',
    ],
    [
      'a path that is as narrow and as slow already',
      async cluster => {
        cluster.link('a', 'b').clog(5)
        cluster.link('a', 'b').narrow(5)
        cluster.link('a', 'b').narrow(5)
      },
      'crash',
      'step 3 does not apply: it changed nothing: 0.000 s  a and b: narrow to 5 packets',
    ],
    [
      'a rest of members that do not run',
      async cluster => {
        cluster.losePower()
        await cluster.rests()
      },
      'liveness',
      'this did not come about in time: a, b and c rest',
    ],
    [
      'the first of two waits',
      async cluster => {
        const never = cluster.until('never', () => false, 1_000)
        cluster.after(1_000).then(() => cluster.holds('nothing comes after the end', false))
        await never
      },
      'liveness',
      'this did not come about in time: never',
    ],
    [
      'a place on the disk where nothing is',
      async cluster => cluster.node('a').disk.rot({ tables: 0 }),
      'crash',
      'step 1 does not apply: it changed nothing: 0.000 s  a bit rots on a (tables 0 at 500000)',
    ],
    [
      'a wait for what does not come about',
      async cluster => {
        cluster.losePower('a', 'b')
        await cluster.elects()
      },
      'liveness',
      'this did not come about in time: one of a, b and c leads',
    ],
    [
      'a claim that does not hold',
      async cluster => cluster.holds('a leads from the beginning', cluster.node('a').leads),
      'correctness',
      'this does not hold: a leads from the beginning',
    ],
    [
      'a client that nobody answers',
      async cluster => {
        cluster.node('a').losePower()
        await cluster.client('a').put('key', 'value')
      },
      'liveness',
      'client 1 was not answered: put key = value',
    ],
    [
      'members that are not alike',
      async cluster => {
        cluster.node('c').isolate()
        await cluster.client('a', 'b').put('key', 'value')
        await cluster.converges()
      },
      'liveness',
      'they did not converge: a is at revision 2, c at 1',
    ],
    [
      'an error of its own',
      async () => {
        throw new Error('it slipped')
      },
      'crash',
      'Error: it slipped',
    ],
  ]

  test.each(cases)('%s', async (_, play, verdict, problem) => {
    const result = await playScenario(scenario(play), { seed: 1 })
    expect({ verdict: result.verdict, problems: result.problems }).toEqual({ verdict, problems: [problem] })
  })

  test('and what was answered before is judged all the same', async () => {
    const play: Scenario['play'] = async cluster => {
      await scenarioNamed('fresh-leader-read')!.play(cluster)
      cluster.holds('all is well', false)
    }
    const { problems } = await playScenario(scenario(play), { seed: 1, bug: 'read-before-own-commit' })
    expect(problems).toEqual([
      'this does not hold: all is well',
      expect.stringMatching(/^revision \d+ was answered, but had to be no lower than \d+/),
    ])
  })
})

test('names are those of commands, each once, and each says what holds', () => {
  const names = SCENARIOS.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const { name, sentence, source } of SCENARIOS) {
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
    expect(sentence).toMatch(/^[a-z].* .*[^.]$/)
    expect(source).not.toBe('')
  }
})

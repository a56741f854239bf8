/** Whole nodes under one kind of trouble that is drawn, again and again; runs of seeds draw of everything at once. */
import { describe, expect, test } from 'vitest'
import type { ProtocolName } from '../../src/protocols/protocols.ts'
import { playScenario } from '../../src/sim/scenarios/play.ts'
import type { Scenario } from '../../src/sim/scenarios/scenario.ts'
import type { ScenarioCluster } from '../../src/sim/scenarios/scenario-cluster.ts'

const ROUNDS = 60
const SEEDS = Number(process.env['QUORATE_SIMULATION_SEEDS'] ?? 12)
/** Fewer with Multi-Paxos: what surrounds consensus is the same. */
const RUNS = [...runsOf('raft', SEEDS), ...runsOf('paxos', Math.ceil(SEEDS / 3))]

function runsOf(consensus: ProtocolName, seeds: number): { consensus: ProtocolName; seed: number }[] {
  return Array.from({ length: seeds }, (_, i) => ({ consensus, seed: i + 1 }))
}

/** Does harm, and says what undoes it; undefined where nothing lasts. */
type Trouble = (cluster: ScenarioCluster) => (() => void) | undefined

/** Clients ask while one trouble follows the other, each undone before the next; then all hold the same. */
function underLoad(name: string, trouble: Trouble): Scenario {
  return {
    name,
    sentence: 'clients see one store, whatever happens',
    source: 'here',
    async play(cluster) {
      const load = cluster.load({ requests: 180, overMs: 20_000 })
      let undo: (() => void) | undefined
      for (let round = 0; round < ROUNDS && !load.isOver; round++) {
        await cluster.after(50 + cluster.random.below(800))
        undo?.()
        undo = trouble(cluster)
      }
      undo?.()
      await load.ends()
      await cluster.converges()
    },
  }
}

/** Now and then all at once; mostly one. */
const losePower = underLoad('power', cluster => {
  const { random, nodes } = cluster
  const victims = random.chance(1, 6) ? nodes : [nodes[random.below(3)]!]
  cluster.losePower(...victims)
  cluster.start(...victims)
  return undefined
})

/** Cuts a machine off, a link, one direction of it, makes one slow, stops a process, or leaves all in peace. */
const breakLinks = underLoad('links', cluster => {
  const { random, nodes } = cluster
  const heal = () => cluster.heal()
  const one = nodes[random.below(3)]!
  const other = cluster.others(one)[random.below(2)]!
  switch (random.below(6)) {
    case 0:
      one.isolate()
      return heal
    case 1:
      cluster.link(one, other).cut()
      return heal
    case 2:
      cluster.link(one, other).cutOneWay()
      return heal
    case 3:
      cluster.link(one, other).clogOneWay(1 + random.below(500))
      return heal
    case 4:
      one.pause()
      return () => one.resume()
    default:
      return undefined
  }
})

/** Beyond all promises: shows that the alarm works. */
const lyingDisks: Scenario = {
  ...losePower,
  play(cluster) {
    for (const { disk } of cluster.nodes) disk.lieAboutSyncs()
    return losePower.play(cluster)
  },
}

async function outcome(scenario: Scenario, seed: number, consensus: ProtocolName): Promise<object> {
  const { verdict, problems } = await playScenario(scenario, { seed, consensus })
  return { verdict, problems }
}

const GOOD = { verdict: 'good', problems: [] }

describe('whole nodes in a simulated world', () => {
  test.each(RUNS)('stay one store while machines lose power ($consensus, seed $seed)', async run => {
    expect(await outcome(losePower, run.seed, run.consensus)).toEqual(GOOD)
  })

  test.each(RUNS)(
    'stay one store while links break and processes stop ($consensus, seed $seed)',
    async run => {
      expect(await outcome(breakLinks, run.seed, run.consensus)).toEqual(GOOD)
    },
  )

  test.each([losePower, breakLinks])('the same seed gives the same story', async scenario => {
    expect(await playScenario(scenario, { seed: 5 })).toEqual(await playScenario(scenario, { seed: 5 }))
  })

  test('disks that lie about their syncs are found out', async () => {
    const found: number[] = []
    for (let seed = 1; seed <= 5; seed++) {
      if ((await playScenario(lyingDisks, { seed })).verdict !== 'good') found.push(seed)
    }
    expect(found.length).toBeGreaterThan(0)
  })
})

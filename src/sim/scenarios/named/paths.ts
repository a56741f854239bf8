/** Paths that are slow, narrow or lossy, and clocks that are wrong. */
import type { Scenario } from '../scenario.ts'

export const swizzleClog: Scenario = {
  name: 'swizzle-clog',
  sentence: 'paths that clog one after the other, and clear in another order, cost time and nothing else',
  source: 'FoundationDB (SIGMOD 2021)',
  setting: { members: 5 },
  async play(cluster) {
    const load = cluster.load({ requests: 200 })
    for (const name of ['a', 'c', 'e']) {
      cluster.node(name).clog(2_000)
      await cluster.after(700)
    }
    for (const name of ['c', 'e', 'a']) {
      cluster.node(name).unclog()
      await cluster.after(700)
    }
    await load.ends()
    await cluster.converges()
  },
}

export const lossyNetwork: Scenario = {
  name: 'lossy-network',
  sentence: 'a network that loses a fifth of everything is slow, and nothing else',
  source: 'TigerBeetle',
  async play(cluster) {
    cluster.loseMessages(20)
    const load = cluster.load({ overMs: 30_000 })
    await load.ends()
    cluster.heal()
    await cluster.converges()
  },
}

export const clockSteps: Scenario = {
  name: 'clock-steps',
  sentence: 'wall clocks that jump and clocks of different pace decide nothing',
  source: 'Jepsen; etcd #15247',
  async play(cluster) {
    const [a, b, c] = cluster.nodes
    a!.clock.goes(11, { in: 10 })
    b!.clock.goes(9, { in: 10 })
    const load = cluster.load()
    for (const ms of [3_600_000, -7_200_000, 86_400_000]) {
      for (const node of [a!, b!, c!]) {
        node.clock.step(ms)
        await cluster.after(500)
      }
    }
    await load.ends()
    await cluster.converges()
  },
}

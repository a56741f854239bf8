/** Trouble of many kinds, one after the other, while clients ask. */
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

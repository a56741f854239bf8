/** Power that fails, and what was acknowledged before. */
import type { Scenario } from '../scenario.ts'

export const singleMemberPowerLoss: Scenario = {
  name: 'single-member-power-loss',
  sentence: 'a cluster of one acknowledges nothing that a loss of power may take back',
  source: 'etcd #14370',
  setting: { members: 1 },
  async play(cluster) {
    const [only] = cluster.nodes
    const client = cluster.client()
    only!.disk.slowDown(20)
    for (let round = 1; round <= 10; round++) {
      await client.put('key', `${round}`)
      only!.losePower()
      await cluster.after(100)
      only!.start()
      await client.get('key')
    }
  },
}

export const commonPowerLoss: Scenario = {
  name: 'common-power-loss',
  sentence: 'nothing that was acknowledged is lost when the power of all fails, and one does not come back',
  source: 'Jepsen, NATS 2.12.1',
  async play(cluster) {
    const client = cluster.client()
    for (let round = 1; round <= 6; round++) {
      const leader = await cluster.elects()
      const others = cluster.others(leader)
      for (const other of others) other.disk.slowDown(20)
      await client.put('key', `${round}`)
      cluster.losePower()
      for (const other of others) other.disk.slowDown(0)
      cluster.start(...others)
      await client.get('key')
      leader.start()
      await cluster.converges()
    }
  },
}

export const rollingPowerLosses: Scenario = {
  name: 'rolling-power-losses',
  sentence: 'the power of one after the other may fail, again and again, while clients ask',
  source: 'FoundationDB (SIGMOD 2021)',
  async play(cluster) {
    const load = cluster.load({ requests: 200, overMs: 20_000 })
    for (const node of [...cluster.nodes, ...cluster.nodes]) {
      node.losePower()
      await cluster.after(1_500)
      node.start()
      await cluster.serves(node)
    }
    await load.ends()
    await cluster.converges()
  },
}

export const restartStorm: Scenario = {
  name: 'restart-storm',
  sentence: 'processes that die as soon as they are up cost time and nothing else',
  source: 'FoundationDB (SIGMOD 2021)',
  setting: { members: 5 },
  async play(cluster) {
    const load = cluster.load()
    for (let round = 0; round < 8; round++) {
      for (const node of cluster.nodes) {
        node.kill()
        await cluster.after(60)
        node.start()
        await cluster.after(40)
      }
    }
    await load.ends()
    await cluster.converges()
  },
}

export const tornTail: Scenario = {
  name: 'torn-tail',
  sentence: 'a write that was torn by a loss of power is no damage: whoever made it comes back',
  source: 'Protocol-Aware Recovery, FAST 2018',
  async play(cluster) {
    const client = cluster.client()
    for (let round = 1; round <= 6; round++) {
      const leader = await cluster.elects()
      await client.put('key', `${round}`)
      // So that what it sends gets away before its own power fails.
      leader.disk.slowDown(10)
      for (const node of cluster.nodes) {
        node.dieBefore({ call: 'written and synced', of: 'log' }, 'losePower')
      }
      void cluster.client(leader).hasty(1_000).tryPut('key', `${round}, torn `.repeat(1_000))
      for (const node of cluster.nodes) await node.ends()
      leader.disk.slowDown(0)
      cluster.start()
      await client.get('key')
    }
    await cluster.converges()
  },
}

export const orderlyStop: Scenario = {
  name: 'orderly-stop',
  sentence: 'a leader that is asked to stop hands over, and does not wait for those who are gone',
  source: 'Raft thesis §3.10',
  async play(cluster) {
    const client = cluster.client()
    await client.put('key', 'value')
    const leader = await cluster.elects()
    leader.stop()
    const next = await cluster.within(500, cluster.elects(...cluster.others(leader)))
    await leader.ends()
    const [left] = cluster.others(leader, next)
    left!.losePower()
    // As long as it takes to notice that nobody is left, and hardly longer.
    next.stop()
    await cluster.within(3_000, next.ends())
    cluster.start()
    await client.get('key')
    await cluster.converges()
  },
}

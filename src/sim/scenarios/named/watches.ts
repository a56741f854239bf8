/** Watches, over whatever happens to whom they are asked of. */
import type { Scenario } from '../scenario.ts'

export const watchOverFailures: Scenario = {
  name: 'watch-over-failures',
  sentence: 'a watch goes on exactly where it was when its node is lost',
  source: 'etcd, API guarantees: unique and reliable',
  async play(cluster) {
    await cluster.elects()
    const client = cluster.client()
    await client.put('before', '1')
    const watch = client.watch(1)
    for (const node of cluster.nodes) {
      await client.putMany(5)
      await watch.tellsAll()
      node.kill()
      await client.putMany(5)
      node.start()
    }
    await cluster.converges()
    await watch.tellsAll()
  },
}

export const watchOverSnapshot: Scenario = {
  name: 'watch-over-snapshot',
  sentence: 'a watch of a member that installs a snapshot goes on where it was',
  source: 'etcd #15271',
  async play(cluster) {
    const leader = await cluster.elects()
    const [behind, other] = cluster.others(leader)
    const client = cluster.client(leader, other!)
    await client.put('before', '1')
    await cluster.converges()
    // Whoever requires a leader turns to another member while this one hears of nobody.
    const watch = cluster.client(behind!).watch(1, { requiresLeader: false })
    await client.putMany(10)
    await watch.tellsAll()
    behind!.isolate()
    await client.putMany(60)
    behind!.rejoin()
    await cluster.converges()
    await watch.tellsAll()
  },
}

export const watchFromCompaction: Scenario = {
  name: 'watch-from-compaction',
  sentence: 'a watch from the compacted revision on is told of a deletion at that revision',
  source: 'etcd #18089, #19179',
  async play(cluster) {
    await cluster.elects()
    const client = cluster.client()
    await client.put('key', 'value')
    const revision = await client.delete('key')
    await client.compact(revision)
    await client.put('other', 'value')
    await cluster.converges()
    await client.watch(revision).tellsAll()
  },
}

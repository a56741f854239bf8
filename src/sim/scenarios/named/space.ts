/** Members that run out of room, and have room again. */
import type { Scenario } from '../scenario.ts'

const QUOTA_BYTES = 24 * 1024

export const quotaAndRoomAgain: Scenario = {
  name: 'quota-and-room-again',
  sentence: 'a full store refuses every put, and takes puts again by itself once there is room',
  source: 'etcd #9992, #11309, #20753',
  setting: { config: { snapshotEntries: 20, catchUpEntries: 5, quotaBytes: QUOTA_BYTES } },
  async play(cluster) {
    await cluster.elects()
    const client = cluster.client()
    const value = 'x'.repeat(1_000)
    let taken = 0
    while ((await client.tryPut(`key ${taken % 7}`, value)) === 'done') taken++
    cluster.holds('most of the quota was taken', taken >= 10)
    // Members that have room themselves refuse, too, since one of them has none.
    await cluster.after(3_000)
    for (const node of cluster.nodes) {
      const outcome = await cluster.client(node).tryPut('key', 'small')
      cluster.holds(`${node.name} refuses to put`, outcome === 'refused')
    }
    for (let i = 0; i < 6; i++) await client.delete(`key ${i}`)
    await client.compact(await client.delete('key 6'))
    await client.put('key', 'there is room again')
    await cluster.converges()
  },
}

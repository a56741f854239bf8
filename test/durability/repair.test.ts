/** Real processes under load: one is killed, its directory deleted or damaged, and it comes back from its peers. */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { Cluster, type ClusterNode } from '../harness/cluster.ts'
import { flipByte } from '../harness/flip-byte.ts'
import { expectAllThere, Writers } from './writers.ts'

// Many processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

async function repaired(cluster: Cluster, damage: (node: ClusterNode) => void): Promise<void> {
  const writers = new Writers(cluster.nodes)
  writers.start()
  await writers.more(2_000)
  const victim = cluster.node(0)
  await victim.kill()
  await writers.more(200)
  damage(victim)
  victim.start()
  await writers.more(500)
  await writers.stop()
  await expectAllThere(cluster, writers.acknowledged)
}

/** Small limits, so that there are tables to damage. */
const FLAGS = ['--snapshot-count=300']

test('a node whose directory was deleted comes back with everything, and nothing acknowledged is lost', async () => {
  const cluster = await Cluster.start({ flags: FLAGS })
  await repaired(cluster, ({ layout }) => rmSync(layout.dataDir, { recursive: true }))
  expect(cluster.node(0).process.log()).toContain('the others have told enough')
  await cluster.destroy()
})

test('a node with rot in its log and in a table comes back with everything', async () => {
  const cluster = await Cluster.start({ flags: FLAGS })
  await repaired(cluster, ({ layout }) => {
    const [log, store] = [join(layout.dataDir, 'log'), join(layout.dataDir, 'store')]
    // In the header of its second batch.
    flipByte(join(log, readdirSync(log).findLast(name => name.endsWith('.log'))!), 2 * 4096 + 4)
    const table = readdirSync(store).find(name => name.endsWith('.table'))!
    flipByte(join(store, table), 100)
  })
  expect(cluster.node(0).process.log()).toContain('QUORATE_LOG_DAMAGED')
  await cluster.destroy()
})

import { expect, test } from 'vitest'
import type { Client } from '../../src/client/client.ts'
import type { SimulatedCluster } from '../../src/sim/cluster/simulated-cluster.ts'
import { smallCluster } from './small-cluster.ts'

/** Enough writes for several checkpoints; the cluster is made to need one after 20 entries. */
async function write(client: Client, progress: { done: boolean }): Promise<void> {
  for (let i = 0; i < 150; i++) await client.put(`key ${i % 7}`, 'v'.repeat(200), { idempotent: true })
  progress.done = true
}

async function runWith(prepare: (cluster: SimulatedCluster) => void): Promise<SimulatedCluster> {
  const cluster = smallCluster(11)
  cluster.start()
  prepare(cluster)
  const progress = { done: false }
  void write(cluster.client('client'), progress)
  expect(await cluster.until(() => progress.done, 120_000)).toBe(true)
  return cluster
}

test('a node whose disk fails during a checkpoint stops, and the others go on', async () => {
  const cluster = await runWith(cluster =>
    cluster.member('b').disk.faults.failNext('sync', path => path.endsWith('.table')),
  )
  expect(cluster.halts).toMatchObject([{ code: 'QUORATE_CHECKPOINT_FAILED' }])
})

test('without such a fault nobody stops, and checkpoints are made', async () => {
  const cluster = await runWith(() => {})
  expect(cluster.halts).toEqual([])
  const tables = cluster
    .member('b')
    .disk.list('data/store')
    .filter(name => name.endsWith('.table'))
  expect(tables.length).toBeGreaterThan(0)
})

/** Two of three members hold a write; one of them comes back without its log, and the third without the write. */
import { expect, test } from 'vitest'
import { utf8Text } from '../../src/core/utf8.ts'
import type { SimulatedCluster } from '../../src/sim/cluster/simulated-cluster.ts'
import { smallCluster } from './small-cluster.ts'

const LIMIT_MS = 60_000

/** Runs until it is answered. */
async function answered<T>(cluster: SimulatedCluster, request: Promise<T>): Promise<T> {
  let isOver = false
  const over = () => {
    isOver = true
  }
  request.then(over, over)
  expect(await cluster.until(() => isOver, LIMIT_MS)).toBe(true)
  return request
}

test('a member that has lost its log refuses to vote, so an acknowledged write outlives it', async () => {
  const cluster = smallCluster(1)
  cluster.start()
  const client = cluster.client('client')
  await answered(cluster, client.put('before', '1', { idempotent: true }))
  cluster.member('c').losePower()
  await answered(cluster, client.put('key', 'acknowledged', { idempotent: true }))

  cluster.member('a').losePower()
  cluster.member('b').losePower()
  const disk = cluster.member('b').disk
  for (const name of disk.list('data/log')) disk.remove(`data/log/${name}`)
  cluster.member('b').start()
  cluster.member('c').start()
  // With the vote of b, c would lead without the write, and a would have to forget it.
  await cluster.runFor(LIMIT_MS)
  expect(cluster.halts).toMatchObject([{ code: 'QUORATE_LOG_DAMAGED', outcome: 'refused' }])

  cluster.member('a').start()
  const found = await answered(cluster, client.get('key', { timeoutMs: LIMIT_MS }))
  expect(found && utf8Text(found.value)).toBe('acknowledged')
})

import { expect, test } from 'vitest'
import { SimulatedCluster } from './simulated-cluster.ts'

test('what a member lacks is known of it while it runs, and when it has ended', async () => {
  const cluster = new SimulatedCluster({ seed: 1 })
  cluster.start()
  const client = cluster.client('client')
  const member = cluster.member('c')
  let written = 0
  for (let i = 0; i < 50; i++) client.put(`key ${i}`, 'x', { idempotent: true }).then(() => written++)
  expect(await cluster.until(() => written === 50, 60_000)).toBe(true)
  expect(member.mayHaveHeld).toBe(0)

  member.losePower()
  member.disk.wipe()
  member.start()
  expect(await cluster.until(() => member.mayHaveHeld > 0, 60_000)).toBe(true)
  const lacked = member.mayHaveHeld
  member.kill()
  expect(member.mayHaveHeld).toBe(lacked)

  member.start()
  expect(await cluster.until(() => member.node !== undefined && member.mayHaveHeld === 0, 60_000)).toBe(true)
})

import { simulateProgram } from 'quorate/sim'
import { expect, test } from 'vitest'
import { orders } from './orders.ts'

test(
  'every order is placed once, whatever fails',
  () => simulateProgram(() => orders(), { seeds: 3 }),
  300_000,
)

test('a client that orders anew when it is not answered is found out', async () => {
  const found = simulateProgram(() => orders(true))
  await expect(found).rejects.toMatchObject({ code: 'QUORATE_SIMULATION_FAILED' })
}, 300_000)

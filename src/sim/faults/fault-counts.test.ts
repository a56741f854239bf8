import { expect, test } from 'vitest'
import { FaultCounts } from './fault-counts.ts'

test('counts add up, and are read in the order of the table', () => {
  const [one, campaign] = [new FaultCounts(), new FaultCounts()]
  one.add('D1')
  one.add('N2', 3)
  one.add('C1', 0)
  campaign.addAll(one)
  campaign.addAll(one)
  expect(campaign.fired).toEqual(['N2', 'D1'])
  expect(campaign.lines()).toEqual(['N2 loss: 6', 'D1 power loss: 2'])
  expect([campaign.of('N2'), campaign.of('C1')]).toEqual([6, 0])
})

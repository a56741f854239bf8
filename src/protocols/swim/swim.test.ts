import { expect, test } from 'vitest'
import type { NodeId } from '../../core/ids.ts'
import { SwimWorld } from './swim-world.conformance.ts'

test('members find each other by their seeds, and a dead one is found out by all', () => {
  const one = new SwimWorld({ seed: 1, nodes: 8 })
  one.world.startAll()
  expect(one.world.runUntilTrue(() => one.isAgreed, 20_000)).toBe(true)
  one.world.crash(3n as NodeId)
  one.world.runForMs(60_000)
  expect(one.isAgreed).toBe(true)
  expect(one.count('died')).toBe(7)
  one.world.start(3n as NodeId)
  expect(one.world.runUntilTrue(() => one.isAgreed, 20_000)).toBe(true)
})

import { expect, test } from 'vitest'
import type { NodeId } from '../../core/ids.ts'
import { GossipWorld } from './gossip-world.conformance.ts'

test('what one says all others hear, once', () => {
  const one = new GossipWorld({ seed: 1, nodes: 8 })
  one.world.startAll()
  one.say(3n as NodeId, 'hello')
  one.world.runForMs(30_000)
  for (const id of one.world.ids) expect(one.countOf(id, 'hello')).toBe(id === 3n ? 0 : 1)
})

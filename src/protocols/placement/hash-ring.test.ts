import { expect, test } from 'vitest'
import type { NodeId } from '../../core/ids.ts'
import { HashRing } from './hash-ring.ts'

const node = (id: number): NodeId => BigInt(id) as NodeId

/** The share of the circle that a member owns comes with the number of its points. */
test('more points a member make the shares more even', () => {
  const members = Array.from({ length: 10 }, (_, i) => ({ node: node(i + 1) }))
  const spreadOf = (virtualNodes: number): number => {
    const ring = new HashRing(members, { virtualNodes })
    ring.check()
    const counts = new Map<NodeId, number>()
    for (let i = 0; i < 20_000; i++) {
      const at = ring.locate(`key/${i}`)
      counts.set(at, (counts.get(at) ?? 0) + 1)
    }
    return Math.max(...members.map(one => counts.get(one.node) ?? 0)) / 2000
  }
  expect(spreadOf(1)).toBeGreaterThan(1.6)
  expect(spreadOf(160)).toBeLessThan(1.25)
})

test('a key belongs to the first point that is not before it, around the circle', () => {
  const ring = new HashRing([{ node: node(1) }, { node: node(2) }], { virtualNodes: 1 })
  ring.check()
  const owners = new Set(Array.from({ length: 200 }, (_, i) => ring.locate(`${i}`)))
  expect(owners.size).toBe(2)
  // Without the other, one has everything.
  const alone = ring.without(node(1))
  for (let i = 0; i < 50; i++) expect(alone.locate(`${i}`)).toBe(node(2))
})

test('two nodes whose ids differ in the upper half only are two', () => {
  const [low, high] = [5n as NodeId, (5n + (1n << 40n)) as NodeId]
  const ring = new HashRing([{ node: low }, { node: high }])
  const count = Array.from({ length: 1000 }, (_, i) => ring.locate(`${i}`)).filter(at => at === low).length
  expect(count).toBeGreaterThan(350)
  expect(count).toBeLessThan(650)
})

test('a ring that has no room for its points is refused', () => {
  expect(() => new HashRing([{ node: node(1), weight: 1000 }], { virtualNodes: 5000 })).toThrow('room')
})

import { expect, test } from 'vitest'
import type { NodeId } from '../../core/ids.ts'
import { combine, hashKey } from './hash.ts'
import { HashRing } from './hash-ring.ts'
import { hashNode } from './members.ts'

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
  const members = [2, 4, 6, 8].map(id => ({ node: node(id) }))
  const ring = new HashRing(members, { virtualNodes: 2 })
  const points = members
    .flatMap(member => [0, 1].map(i => ({ at: combine(hashNode(member.node), i), node: member.node })))
    .sort((a, b) => a.at - b.at)
  expect(points[0]!.node).not.toBe(points.at(-1)!.node)
  let around = 0
  for (let i = 0; i < 500; i++) {
    const next = points.find(point => point.at >= hashKey(`${i}`))
    if (next === undefined) around++
    expect(ring.locate(`${i}`)).toBe((next ?? points[0]!).node)
  }
  expect(around).toBeGreaterThan(0)
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

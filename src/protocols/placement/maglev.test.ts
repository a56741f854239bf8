import { expect, test } from 'vitest'
import type { NodeId } from '../../core/ids.ts'
import { MaglevTable } from './maglev.ts'

const members = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ node: BigInt(i + 1) as NodeId }))

test('members of equal weight differ by one slot at most', () => {
  for (const count of [1, 2, 3, 7, 100]) {
    const counts = new MaglevTable(members(count), 1009).slotCounts()
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
    expect(counts.reduce((sum, slots) => sum + slots, 0)).toBe(1009)
  }
})

test('a member of twice the weight has twice the slots', () => {
  const [light, heavy] = new MaglevTable(
    [
      { node: 1n as NodeId, weight: 3 },
      { node: 2n as NodeId, weight: 6 },
    ],
    1009,
  ).slotCounts()
  expect(Math.abs(heavy! - 2 * light!)).toBeLessThanOrEqual(2)
  const thirds = [
    { node: 1n as NodeId, weight: 2 },
    { node: 2n as NodeId, weight: 3 },
  ]
  const [two, three] = new MaglevTable(thirds, 1009).slotCounts()
  expect(Math.abs(2 * three! - 3 * two!)).toBeLessThanOrEqual(5)
})

test('a table whose size is no prime, or too small, is refused', () => {
  expect(() => new MaglevTable(members(2), 1000)).toThrow('prime')
  expect(() => new MaglevTable(members(3), 2)).toThrow('slot')
})

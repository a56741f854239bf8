import { expect, test } from 'vitest'
import type { NodeId } from '../../core/ids.ts'
import { compareLamport, LamportClock } from './lamport-clock.ts'

const [A, B] = [1n as NodeId, 2n as NodeId]

test('a clock counts its own events, and jumps over what it hears of', () => {
  const clock = new LamportClock(A)
  expect(clock.counter).toBe(0)
  expect(clock.tick()).toEqual({ counter: 1, node: A })
  expect(clock.receive({ counter: 7, node: B })).toEqual({ counter: 8, node: A })
  expect(clock.receive({ counter: 3, node: B })).toEqual({ counter: 9, node: A })
})

test('stamps have a total order, by counter and then by node', () => {
  expect(compareLamport({ counter: 1, node: B }, { counter: 2, node: A })).toBeLessThan(0)
  expect(compareLamport({ counter: 2, node: B }, { counter: 2, node: A })).toBeGreaterThan(0)
  expect(compareLamport({ counter: 2, node: A }, { counter: 2, node: B })).toBeLessThan(0)
  expect(compareLamport({ counter: 2, node: A }, { counter: 2, node: A })).toBe(0)
})

test('a clock that is begun where it stopped stamps nothing twice', () => {
  const before = new LamportClock(A).receive({ counter: 4, node: B })
  expect(compareLamport(new LamportClock(A, before.counter).tick(), before)).toBeGreaterThan(0)
})

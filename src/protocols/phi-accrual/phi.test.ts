import fc from 'fast-check'
import { expect, test } from 'vitest'
import { IntervalWindow } from './interval-window.ts'
import { INTERVALS_MAX } from './limits.ts'
import { phiOf, silenceUntil } from './phi.ts'

test('phi is what the logistic approximation of the normal tail says', () => {
  fc.assert(
    fc.property(fc.double({ min: -6, max: 6, noNaN: true }), y => {
      const e = Math.exp(-y * (1.5976 + 0.070566 * y * y))
      const exact = -Math.log10(e / (1 + e))
      expect(Math.abs(phiOf(1000 + 100 * y, 1000, 100) - exact)).toBeLessThan(1e-9 * Math.max(1, exact))
    }),
    { numRuns: 1000 },
  )
  // Half of all heartbeats come later than the mean; a very long silence overflows nothing.
  expect(phiOf(1000, 1000, 100)).toBeCloseTo(Math.log10(2), 12)
  expect(phiOf(1e9, 1000, 100)).toBeGreaterThan(1e9)
  expect(Number.isFinite(phiOf(1e9, 1000, 100))).toBe(true)
  expect(phiOf(0, 1000, 100)).toBeLessThan(1e-9)
})

test('phi grows with the silence, and the inverse finds where it reaches a threshold', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.5, max: 20, noNaN: true }),
      fc.double({ min: 1, max: 5000, noNaN: true }),
      fc.double({ min: 1, max: 1000, noNaN: true }),
      (threshold, mean, deviation) => {
        const silence = silenceUntil(threshold, mean, deviation)
        expect(phiOf(silence, mean, deviation)).toBeGreaterThanOrEqual(threshold)
        if (silence > 0.02) expect(phiOf(silence - 0.02, mean, deviation)).toBeLessThan(threshold)
      },
    ),
    { numRuns: 500 },
  )
})

test('a window remembers the newest intervals, and forgets the oldest', () => {
  const window = new IntervalWindow(100)
  expect(window.meanMs).toBe(100)
  expect(window.deviationMs).toBe(25)
  const all = [75, 125]
  for (let i = 0; i < 2.5 * INTERVALS_MAX; i++) {
    const interval = 50 + ((i * 7919) % 101)
    window.add(interval)
    all.push(interval)
    const last = all.slice(-INTERVALS_MAX)
    const mean = last.reduce((sum, one) => sum + one, 0) / last.length
    if (i % 97 !== 0) continue
    const variance = last.reduce((sum, one) => sum + (one - mean) ** 2, 0) / last.length
    expect(window.meanMs).toBeCloseTo(mean, 9)
    expect(window.deviationMs).toBeCloseTo(Math.sqrt(variance), 6)
  }
})

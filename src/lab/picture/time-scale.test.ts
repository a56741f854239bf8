/** Time as it is drawn: in order, and neither crowded nor empty. */
import { expect, test } from 'vitest'
import { timeScale } from './time-scale.ts'

const ANY_WIDTH = { least: 0, most: Number.POSITIVE_INFINITY }

test('what happens later stands further to the right, however close it is', () => {
  const scale = timeScale([0, 1, 2, 1000, 1001], ANY_WIDTH)
  const at = scale.instantsUs.map(us => scale.x(us))
  for (let i = 1; i < at.length; i++) expect(at[i]! - at[i - 1]!).toBeGreaterThanOrEqual(2.5)
  expect(scale.x(1500)).toBe(scale.width)
})

test('a long time in which nothing happens is drawn shorter, and marked', () => {
  const scale = timeScale([0, 10_000, 60_000_000], ANY_WIDTH)
  expect(scale.x(10_000)).toBeCloseTo(46)
  expect(scale.width).toBeCloseTo(92)
  expect([scale.isShortened(0), scale.isShortened(1)]).toEqual([false, true])
})

test('a picture is as wide as it may be, and as it must be', () => {
  expect(timeScale([0, 1000, 60_000_000], { least: 400, most: 800 }).width).toBe(400)
  const many = Array.from({ length: 1000 }, (_, i) => i * 5000)
  expect(timeScale(many, { least: 400, most: 800 }).width).toBe(800)
})

import { expect, test } from 'vitest'
import { doubling, Histogram } from './histogram.ts'

test('a histogram counts what is at most each bound, the bound included, and everything', () => {
  const histogram = new Histogram([1, 2, 4])
  for (const value of [0.5, 1, 1.5, 2, 4, 5, 100]) histogram.observe(value)
  expect(histogram.cumulative()).toEqual([2, 4, 5, 7])
  expect(histogram.sum).toBe(114)
})

test('one that saw nothing has no more than zeros', () => {
  expect(new Histogram([1]).cumulative()).toEqual([0, 0])
})

test('bounds that double begin with the first', () => {
  expect(doubling(0.001, 4)).toEqual([0.001, 0.002, 0.004, 0.008])
  expect(() => new Histogram([2, 1])).toThrow('bounds grow')
})

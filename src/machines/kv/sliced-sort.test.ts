import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SORT_RUN_ELEMENTS } from './limits.ts'
import { SlicedSort } from './sliced-sort.ts'

function run(numbers: readonly number[]): { sorted: number[]; steps: number } {
  const items = numbers.map((number, position) => ({ number, position }))
  const sort = new SlicedSort(items, (a, b) => a.number - b.number)
  let steps = 1
  while (sort.step()) steps++
  const stable = sort.sorted.every((item, i) => {
    const next = sort.sorted[i + 1]
    return next === undefined || next.number > item.number || next.position > item.position
  })
  expect(stable).toBe(true)
  return { sorted: sort.sorted.map(({ number }) => number), steps }
}

test('it sorts as sort does, stably, whatever the length', () => {
  const numbers = fc.array(fc.nat({ max: 20 }), { maxLength: 700, size: 'max' })
  fc.assert(
    fc.property(numbers, values => {
      expect(run(values).sorted).toEqual([...values].sort((a, b) => a - b))
    }),
    { numRuns: 150 },
  )
})

test('every step is small', () => {
  const count = SORT_RUN_ELEMENTS * 16
  const { sorted, steps } = run(Array.from({ length: count }, (_, i) => (i * 7919) % count))
  expect(sorted).toEqual(Array.from({ length: count }, (_, i) => i))
  // Making the runs, and four passes over everything.
  expect(steps).toBeGreaterThanOrEqual(16 * 5)
})

import { expect, test } from 'vitest'
import { Problems } from './problems.ts'

test('the worst is told first, and otherwise what came first', () => {
  const problems = new Problems()
  problems.add('liveness', 'nobody was answered')
  problems.add('correctness', 'revision 4 was written twice')
  problems.add('correctness', 'replicas differ')
  expect(problems.told).toEqual(['revision 4 was written twice', 'replicas differ', 'nobody was answered'])
  expect(problems.verdict).toBe('correctness')
})

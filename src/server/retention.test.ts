import { expect, test } from 'vitest'
import { parseRetention } from './retention.ts'

test.each([
  ['0', undefined],
  ['0s', undefined],
  ['1', 3_600_000],
  ['24', 86_400_000],
  ['1h', 3_600_000],
  ['5m', 300_000],
  ['1h30m', 5_400_000],
])('a history of %s', (text, ms) => {
  expect(parseRetention('periodic', text)).toEqual(ms && { mode: 'periodic', ms })
})

test.each([
  ['0', undefined],
  ['1000', 1000],
])('%s revisions', (text, revisions) => {
  expect(parseRetention('revision', text)).toEqual(revisions && { mode: 'revision', revisions })
})

test.each([
  ['periodic', 'soon'],
  ['periodic', '-1'],
  ['periodic', '-5m'],
  ['periodic', ''],
  ['revision', '5m'],
  ['revision', '-1'],
  ['revision', '1.5'],
] as const)('%s: %s is neither', (mode, text) => {
  expect(parseRetention(mode, text)).toBeNull()
})

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
  ['87600h', 315_360_000_000],
])('a history of %s', (text, ms) => {
  expect(parseRetention('periodic', text)).toEqual(ms && { mode: 'periodic', ms })
})

test.each([
  ['0', undefined],
  ['1000', 1000],
  ['9007199254740991', 9_007_199_254_740_991],
])('%s revisions', (text, revisions) => {
  expect(parseRetention('revision', text)).toEqual(revisions && { mode: 'revision', revisions })
})

test.each([
  ['periodic', 'soon'],
  ['periodic', '-1'],
  ['periodic', '87601'],
  ['periodic', '87600h1ms'],
  ['periodic', '9'.repeat(400)],
  ['periodic', '-5m'],
  ['periodic', ''],
  ['revision', '5m'],
  ['revision', '9007199254740993'],
  ['revision', '-1'],
  ['revision', '1.5'],
] as const)('%s: %s is neither, or too much', (mode, text) => {
  expect(parseRetention(mode, text)).toBeNull()
})

import { expect, test } from 'vitest'
import { parseGoDuration } from './go-duration.ts'

test.each([
  ['0', 0],
  ['+0', 0],
  ['-0s', 0],
  ['0s', 0],
  ['500ms', 500],
  ['2h0m0s', 7_200_000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['1.1s', 1_100],
  ['.5s', 500],
  ['5.s', 5_000],
  ['+5s', 5_000],
  ['48h', 172_800_000],
  ['7200000000us', 7_200_000],
  ['2000000µs', 2_000],
  ['2000000μs', 2_000],
  ['3000000000ns', 3_000],
  ['1s1s', 2_000],
])('%s is a duration', (text, ms) => {
  expect(parseGoDuration(text)).toBe(ms)
})

test('one that is shorter than a millisecond does not become none', () => {
  for (const text of ['1ns', '1us', '999us']) expect(parseGoDuration(text)).toBe(1)
})

test.each([
  '',
  '5',
  '-5s',
  '-1h30m',
  '+',
  's',
  '.s',
  '5 s',
  ' 5s',
  '5d',
  '5S',
  '1e3s',
  '1h 30m',
  '0x5s',
  '--5s',
])('%j is none', text => {
  expect(parseGoDuration(text)).toBeNull()
})

/** etcd's feature gates: which of them open what. */
import { expect, test } from 'vitest'
import { parseConfig } from './config.ts'

test.each([
  ['', false],
  ['InitialCorruptCheck=true', true],
  ['CompactHashCheck=true,InitialCorruptCheck=true', true],
  ['LeaseCheckpoint=true', false],
  ['AllAlpha=true', true],
  ['AllAlpha=true,InitialCorruptCheck=false', false],
])('%j', (text, initialCorruptCheck) => {
  expect(parseConfig({ featureGates: text })).toMatchObject({ initialCorruptCheck })
})

test.each([
  ['InitialCorruptCheck', 'must be NAME=true or NAME=false, separated by commas: InitialCorruptCheck'],
  [
    'InitialCorruptCheck=yes',
    'must be NAME=true or NAME=false, separated by commas: InitialCorruptCheck=yes',
  ],
  ['InitialCorruptChek=true', 'there is no InitialCorruptChek'],
])('%j is refused', (featureGates, problem) => {
  expect(() => parseConfig({ featureGates })).toThrow(problem)
})

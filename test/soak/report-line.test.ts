import { expect, test } from 'vitest'
import { tellOf } from './report-line.ts'

test('a line tells of a run, or something that is worth a note', () => {
  expect(tellOf('{"seed":7,"digest":"abc"}')).toEqual({ run: { seed: 7, digest: 'abc' } })
  expect(tellOf('{"saved":"quorate-sim-7.json"}')).toBe('a note')
})

test.each(['', '{"seed":7,"dig', 'Killed', '7', 'null', '"digest"'])('no whole line is torn: %j', line => {
  expect(tellOf(line)).toBe('torn')
})

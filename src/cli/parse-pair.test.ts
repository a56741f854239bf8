import { expect, test } from 'vitest'
import { formatPair } from './json-pair.ts'
import { parsePair } from './parse-pair.ts'

const parse = (line: string) => parsePair(Buffer.from(line))

test.each([
  ['{"key":"x"', 'not JSON'],
  ['', 'not JSON'],
  ['{"value":"x"}', 'needs "key" or "keyBase64"'],
  ['{"key":"a","keyBase64":"YQ==","value":"x"}', 'needs "key" or "keyBase64"'],
  ['{"key":"x"}', 'needs "value" or "valueBase64"'],
  ['{"key":"x","value":"","valueBase64":""}', 'needs "value" or "valueBase64"'],
  ['{"key":"","value":"x"}', 'the key is empty'],
  ['{"keyBase64":"","value":"x"}', 'the key is empty'],
  ['{"key":"a","value":"b","lease":1}', 'Unrecognized key: "lease"'],
  ['{"keyBase64":"?","value":"x"}', 'Invalid base64'],
  ['{"keyBase64":"YQ","value":"x"}', 'Invalid base64'],
  ['["a","b"]', 'expected object'],
  ['null', 'expected object'],
  ['{"key":"a","value":1}', 'expected string'],
  ['{"key":"a","value":"\\ud800"}', 'half a surrogate pair'],
  ['{"key":"\\udc00","value":""}', 'half a surrogate pair'],
])('%s is refused: %s', (line, problem) => {
  expect(parse(line)).toContain(problem)
})

test('a line that is not UTF-8 is refused, not repaired', () => {
  const line = Buffer.concat([Buffer.from('{"key":"a","value":"'), Uint8Array.of(0xff), Buffer.from('"}')])
  expect(parsePair(line)).toBe('not UTF-8')
})

test('what is formatted is parsed to the same bytes', () => {
  for (const value of [
    '',
    'text',
    '\ufeffmark',
    'é水💧',
    '\u0000\u2028',
    Uint8Array.of(0xff, 0),
    Uint8Array.of(0xed, 0xa0, 0x80),
  ]) {
    const pair = { key: Buffer.from('k'), value: Buffer.from(value as Uint8Array) }
    expect(parse(formatPair(pair))).toEqual(pair)
  }
})

/** A transaction in etcdctl's lines: what it asks for, and what is refused in it. */
import { expect, test } from 'vitest'
import { text } from '../../test/harness/kv-operations.ts'
import { EMPTY } from '../core/bytes.ts'
import { parseTxnScript } from './txn-script.ts'

const conditions = (line: string) => parseTxnScript(`${line}\n`).compare

test.each([
  ['mod("a b") = "0"', { target: 2, result: 0, number: 0 }],
  ['m("a b") > "7"', { target: 2, result: 1, number: 7 }],
  ["create('a b')<3", { target: 1, result: 2, number: 3 }],
  ['c("a b") != 3', { target: 1, result: 3, number: 3 }],
  ['ver("a b") = 1', { target: 0, result: 0, number: 1 }],
  ['version ( "a b" ) = -1', { target: 0, result: 0, number: -1 }],
  ['lease("a b") = "694d"', { target: 4, result: 0, lease: 0x694dn }],
])('%s', (line, expected) => {
  const [compare] = conditions(line)
  expect(text(compare!.key)).toBe('a b')
  expect(compare).toMatchObject(expected)
})

test('of a value is compared what the quotes hold', () => {
  expect(conditions('val(k) = "x\\ny"').map(({ value }) => text(value))).toEqual(['x\ny'])
  expect(conditions('value(k) = ""')[0]!.value).toEqual(EMPTY)
})

test('the first empty line ends the conditions, the second what is done if they hold', () => {
  const script = parseTxnScript(
    'mod(a) = 0\r\n\r\nput a "b c" --lease 1f\r\nget a --prefix\r\n\r\ndel a --from-key',
  )
  expect(script.compare).toHaveLength(1)
  expect(script.success.map(({ kind }) => kind)).toEqual(['put', 'get'])
  expect(script.success[0]!.request).toMatchObject({ put: { lease: 0x1fn } })
  expect(script.success[1]!.request).toMatchObject({
    range: { key: Uint8Array.of(97), rangeEnd: Uint8Array.of(98) },
  })
  expect(script.failure[0]!.request).toMatchObject({ deleteRange: { rangeEnd: Uint8Array.of(0) } })
})

test('nothing to compare, and nothing to do otherwise, are paragraphs without a line', () => {
  expect(parseTxnScript('\nput a b')).toMatchObject({ compare: [], success: [{ kind: 'put' }], failure: [] })
  expect(parseTxnScript('')).toEqual({ compare: [], success: [], failure: [] })
  expect(parseTxnScript('\n\n\n\n')).toEqual({ compare: [], success: [], failure: [] })
})

test.each([
  ['mod("a") = "x"', 'line 1: not a whole number: x'],
  ['mod("a") == "1"', 'line 1: more than one word: = "1"'],
  ['mood("a") = "1"', 'line 1: mood is none of'],
  ['mod("a" = 1', 'line 1: not a condition: mod("a" = 1'],
  ['mod(a) = 1 2', 'line 1: more than one word: 1 2'],
  ['lease(a) = "xyz"', 'line 1: not the id of a lease'],
  ['\nput a', "line 2: missing required argument 'value'"],
  ['\nput a "b', 'line 2: a quote that is not closed'],
  ['\nput a b c', "line 2: too many arguments for 'put'"],
  ['\nget a --prefix --from-key', "line 2: option '--prefix' cannot be used with option '--from-key'"],
  ['\nget a --bogus', "line 2: unknown option '--bogus'"],
  ['\n\nwatch a', "line 3: unknown command 'watch'"],
  ['\n\n\nput a b', 'line 4: the three paragraphs of a transaction have ended'],
])('%j is refused', (script, problem) => {
  expect(() => parseTxnScript(script)).toThrow(problem)
})

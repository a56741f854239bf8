import { expect, test } from 'vitest'
import { escaped, shortened } from './sentence.ts'

test.each([
  ['put of k\u0000 at 174', 'put of k\\u0000 at 174'],
  ['a\tb\r\u001b[31mc\u007f\u0085', 'a\\u0009b\\u000d\\u001b[31mc\\u007f\\u0085'],
  ['the first line\nand the history', 'the first line'],
  ['Schlüssel 鍵', 'Schlüssel 鍵'],
])('what an oracle said is kept in a line without control characters: %j', (sentence, kept) => {
  expect(shortened(sentence)).toBe(kept)
})

test('what is long is cut, and what was escaped stays as it is', () => {
  expect(shortened('x'.repeat(201))).toBe('x'.repeat(200))
  const once = shortened('put of k\u0000 at 174')
  expect(escaped(once)).toBe(once)
})

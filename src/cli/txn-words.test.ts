/** Words of a line, as etcdctl separates them. */
import { expect, test } from 'vitest'
import { wordsOf } from './txn-words.ts'

test.each([
  ['', []],
  ['put  a\tb ', ['put', 'a', 'b']],
  [`'as $it "stands\\n' ''`, ['as $it "stands\\n', '']],
  ['"a \\"b\\" \\\\ \\n\\t" ""', ['a "b" \\ \n\t', '']],
  ['"\\x41\\101\\u00e9\\U0001f512" "\\xc3\\xa9"', ['AAé🔒', 'é']],
  [`it's`, [`it's`]],
  [`'it`, 'a quote that is not closed'],
  ['"open', 'a quote that is not closed'],
  ['"\\xff"', 'not a text in double quotes: "\\xff"'],
  ['"\\q"', 'not a text in double quotes: "\\q"'],
  ['"\\xzz"', 'not a text in double quotes: "\\xzz"'],
  ['"\\U00110000"', 'not a text in double quotes: "\\U00110000"'],
])('%j', (line, expected) => {
  const words = wordsOf(line)
  expect('problem' in words ? words.problem : words).toEqual(expected)
})

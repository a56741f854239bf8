import { expect, test } from 'vitest'
import { tokenize } from './tokens.ts'

const show = (source: string) => tokenize(source).map(token => `${token.kind}:${token.text}`)

test('words in comments, strings, templates and regular expressions are not code', () => {
  const source = [
    "// Date 'x",
    "/* await */ a = 'Date // no' + \"it's\"",
    `b = \`Date \${c} await\``,
    'd = /await[/\'"]/g',
  ].join('\n')
  expect(
    tokenize(source)
      .filter(token => token.kind === 'word')
      .map(token => token.text),
  ).toEqual(['a', 'b', 'c', 'd'])
})

test('templates nest, with braces of their own inside', () => {
  expect(show(`\`a\${f({ x: \`b\${y}c\` })}d\` + z`)).toEqual([
    'template:a',
    'word:f',
    'punctuation:(',
    'punctuation:{',
    'word:x',
    'punctuation::',
    'template:b',
    'word:y',
    'template:c',
    'punctuation:}',
    'punctuation:)',
    'template:d',
    'punctuation:+',
    'word:z',
  ])
  expect(show(`\`$\${a}\\\`\${b}$\``)).toEqual([
    'template:$',
    'word:a',
    'template:\\`',
    'word:b',
    'template:$',
  ])
})

test('a slash divides after a value and begins a regular expression elsewhere', () => {
  const regexes = (source: string) => tokenize(source).filter(token => token.kind === 'regex').length
  expect(regexes('a / b / c')).toBe(0)
  expect(regexes('(a + b) / 2 / x[1] / 3')).toBe(0)
  expect(regexes('a! / b! / c')).toBe(0)
  expect(regexes('if (!/x/.test(y)) return /z/')).toBe(2)
  expect(regexes("split(/'/)")).toBe(1)
})

test('lines are counted through everything that spans them', () => {
  const source = `/*\n\n*/ a\n\`\n\${b}\n\`\n'c'`
  expect(tokenize(source).map(token => token.line)).toEqual([1, 3, 4, 5, 5, 7])
})

test('private names, numbers and marks are each one token', () => {
  expect(show('this.#x?.y ?? 1_000n + .5e-3 + 0xff => ...z ** 2')).toEqual([
    'word:this',
    'punctuation:.',
    'word:#x',
    'punctuation:?.',
    'word:y',
    'punctuation:?',
    'punctuation:?',
    'number:1_000n',
    'punctuation:+',
    'number:.5e-3',
    'punctuation:+',
    'number:0xff',
    'punctuation:=>',
    'punctuation:...',
    'word:z',
    'punctuation:**',
    'number:2',
  ])
})

import { expect, test } from 'vitest'
import { LeastTold, type Tellable } from './least-told.ts'

interface Word extends Tellable {
  readonly text: string
}

const word = (text: string): Word => ({ text, bytes: text.length, sends: 0 })
const texts = (words: readonly Word[]): string => words.map(({ text }) => text).join(' ')

function lineOf(...words: readonly Word[]): LeastTold<Word> {
  const line = new LeastTold<Word>()
  for (const each of words) line.add(each)
  return line
}

test('what was told least often comes first, and of that what came first', () => {
  const [a, b, c] = [word('a'), word('b'), word('c')]
  const line = lineOf(a, b, c)
  line.told(b)
  line.told(a)
  expect(texts(line.front(9))).toBe('c b a')
  expect(line.mostTold()).toBe(b)
  expect(line.check(() => {})).toBe(3)
})

test('what is large is not passed by for something small behind it', () => {
  const line = lineOf(word('aa'), word('bbbb'), word('c'))
  expect(texts(line.front(5))).toBe('aa')
  expect(texts(line.front(6))).toBe('aa bbbb')
  expect(texts(line.front(3, ({ text }) => text === 'bbbb'))).toBe('aa c')
  const often = word('d')
  line.add(often)
  line.told(often)
  expect(texts(line.front(5))).toBe('aa')
})

test('what is removed is told no more', () => {
  const [a, b] = [word('a'), word('b')]
  const line = lineOf(a, b)
  line.told(a)
  line.remove(a)
  expect(texts(line.front(9))).toBe('b')
  line.remove(b)
  expect(line.mostTold()).toBeUndefined()
})

test('one that counts by itself how often it was told is found out', () => {
  const a = word('a')
  const line = lineOf(a)
  a.sends = 3
  expect(() => line.check(() => {})).toThrow('as often')
})

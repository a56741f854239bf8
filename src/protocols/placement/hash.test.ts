import fc from 'fast-check'
import { expect, test } from 'vitest'
import { minusLogOfFraction } from '../../core/natural-log.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import { hashKey } from './hash.ts'

test('keys are hashed as MurmurHash3 has it, now and for ever', () => {
  expect(hashKey('')).toBe(0)
  expect(hashKey('', 1)).toBe(0x514e28b7)
  expect(hashKey('test')).toBe(0xba6bd213)
  expect(hashKey('Hello, world!')).toBe(0xc0363e43)
  expect(hashKey('aaaa', 0x9747b28c)).toBe(0x5a97808a)
  expect(hashKey('abc')).toBe(0xb3dd93fa)
  expect(hashKey('The quick brown fox jumps over the lazy dog')).toBe(0x2e4ff723)
})

test('text counts as its bytes in UTF-8', () => {
  for (const text of ['é', 'aé', 'abé', 'abcé', 'éabc', 'abcdefé', 'abcdefgé'])
    expect(hashKey(text)).toBe(hashKey(utf8Bytes(text)))
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.nat(), (text, seed) => {
      expect(hashKey(text, seed)).toBe(hashKey(utf8Bytes(text), seed))
    }),
    { numRuns: 1000 },
  )
})

test('the logarithm is right to the last digits, and falls as the draw rises', () => {
  let before = Number.POSITIVE_INFINITY
  for (const draw of [
    0,
    1,
    2,
    3,
    1000,
    2 ** 30,
    2 ** 31 - 1,
    2 ** 31,
    3_037_000_499,
    4_080_218_931,
    2 ** 32 - 2,
    2 ** 32 - 1,
  ]) {
    const log = minusLogOfFraction(draw)
    const exact = -Math.log((draw + 0.5) / 2 ** 32)
    expect(Math.abs(log - exact)).toBeLessThanOrEqual(1e-15 * Math.max(1, exact) * 4)
    expect(log).toBeGreaterThan(0)
    expect(log).toBeLessThan(before)
    before = log
  }
})

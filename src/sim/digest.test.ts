import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Digest } from './digest.ts'

function digestOf(...values: readonly unknown[]): string {
  const digest = new Digest()
  for (const value of values) digest.value(value)
  return digest.toString()
}

/** Plain data as requests and answers are made of. */
const data = fc.letrec(tie => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.maxSafeNat(),
    fc.bigInt(),
    fc.boolean(),
    fc.string(),
    fc.uint8Array(),
    fc.constant(undefined),
    fc.array(tie('value'), { maxLength: 4 }),
  ),
})).value

test('the same values give the same digest', () => {
  fc.assert(
    fc.property(fc.array(data), values => {
      expect(digestOf(...values)).toBe(digestOf(...structuredClone(values)))
    }),
  )
})

// An object is told from a list of its values by nothing: events of one kind have one shape.
test('values that differ give digests that differ', () => {
  const different = [
    [],
    [0],
    [1],
    [0, 0],
    [2 ** 32],
    [2 ** 32 + 1],
    [2 ** 53 - 1],
    ['0'],
    [''],
    ['', ''],
    ['ab', 'c'],
    ['a', 'bc'],
    [0n],
    [false],
    [undefined],
    [null],
    [new Uint8Array(0)],
    [Uint8Array.of(0)],
    [Uint8Array.of(0, 0)],
    [[]],
    [[], []],
    [[[]]],
    [[1, 3]],
    [[1], 2],
    [{ a: 1, b: 2 }],
    [{ a: 2, b: 1 }],
  ]
  expect(new Set(different.map(values => digestOf(...values))).size).toBe(different.length)
})

test('one number among many that differs in one bit gives another digest', () => {
  const numbers = Array.from({ length: 50 }, (_, i) => i * 1_000)
  const plain = digestOf(...numbers)
  for (let at = 0; at < numbers.length; at++) {
    for (let bit = 0; bit < 48; bit++)
      expect(digestOf(...numbers.with(at, numbers[at]! + 2 ** bit))).not.toBe(plain)
  }
})

/** Keys of the store order as what they stand for, and give it back. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareBytes } from '../../core/bytes.ts'
import { Slab } from './slab.ts'
import {
  headKey,
  keyOfHead,
  keyOfPast,
  pastEnd,
  pastKey,
  pastRange,
  revisionKey,
  revisionOfKey,
  revisionOfPast,
} from './store-keys.ts'

const slab = new Slab()
/** Mostly the bytes that escaping is about. */
const byte = fc.oneof(fc.constantFrom(0, 1, 0xfe, 0xff), fc.nat({ max: 255 }))
const keys = fc.array(byte, { minLength: 1, maxLength: 6 }).map(bytes => Uint8Array.from(bytes))
const mains = fc.oneof(fc.nat({ max: 3 }), fc.nat(), fc.maxSafeNat())
const revisions = fc.record({ main: mains, sub: fc.oneof(fc.nat({ max: 2 }), fc.constant(2 ** 32 - 1)) })

test('what goes into a key comes out of it', () => {
  fc.assert(
    fc.property(keys, revisions, (key, { main, sub }) => {
      expect(keyOfHead(headKey(slab, key))).toEqual(key)
      expect(revisionOfKey(revisionKey(slab, main, sub))).toEqual({ main, sub })
      expect(keyOfPast(pastKey(slab, key, main, sub))).toEqual(key)
      expect(revisionOfPast(pastKey(slab, key, main, sub))).toEqual({ main, sub })
    }),
  )
})

test('changes order as they happened', () => {
  fc.assert(
    fc.property(revisions, revisions, (a, b) => {
      const order = a.main - b.main || a.sub - b.sub
      const [left, right] = [revisionKey(slab, a.main, a.sub), revisionKey(slab, b.main, b.sub)]
      expect(Math.sign(compareBytes(left, right))).toBe(Math.sign(order))
    }),
  )
})

test('ended versions order by key, and of one key the newest comes first', () => {
  fc.assert(
    fc.property(keys, revisions, keys, revisions, (a, x, b, y) => {
      const order = compareBytes(a, b) || y.main - x.main || y.sub - x.sub
      const [left, right] = [pastKey(slab, a, x.main, x.sub), pastKey(slab, b, y.main, y.sub)]
      expect(Math.sign(compareBytes(left, right))).toBe(Math.sign(order))
    }),
    { numRuns: 500 },
  )
})

test('a range of keys holds their ended versions and no others, and the end of a key lies behind all of them', () => {
  fc.assert(
    fc.property(keys, revisions, keys, keys, (key, { main, sub }, from, to) => {
      const at = pastKey(slab, key, main, sub)
      const range = pastRange(slab, from, to)
      const isIn = compareBytes(at, range.from) >= 0 && compareBytes(at, range.to!) < 0
      expect(isIn).toBe(compareBytes(key, from) >= 0 && compareBytes(key, to) < 0)
      expect(compareBytes(at, pastEnd(slab, from)) < 0).toBe(compareBytes(key, from) <= 0)
    }),
    { numRuns: 500 },
  )
})

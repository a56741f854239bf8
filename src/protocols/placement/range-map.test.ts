import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader, ByteWriter, compareBytes, DecodeError } from '../../core/bytes.ts'
import { randomFromSeed } from '../../core/prng.ts'
import { readRangeMap, writeRangeMap } from './range-codec.ts'
import { type Range, RangeMap } from './range-map.ts'

const key = (text: string): Uint8Array => Uint8Array.from(text, character => character.charCodeAt(0))
const text = (bytes: Uint8Array | undefined): string => (bytes ? String.fromCharCode(...bytes) : '∞')
const show = (ranges: readonly Range<number>[]): string =>
  ranges.map(({ start, end, owner, version }) => `${text(start)}-${text(end)}=${owner}@${version}`).join(' ')

function encoded(map: RangeMap<number>): Uint8Array {
  const to = new ByteWriter()
  writeRangeMap(to, map, (out, owner) => out.varint(owner))
  return to.finish()
}

const decoded = (bytes: Uint8Array): RangeMap<number> =>
  readRangeMap(new ByteReader(bytes), from => from.varint())

describe('a map of ranges', () => {
  test('splits, assigns and merges', () => {
    const whole = RangeMap.whole(1)
    expect(show(whole.ranges)).toBe('-∞=1@1')
    const split = whole.split(key('m'))!
    expect(show(split.ranges)).toBe('-m=1@2 m-∞=1@2')
    const assigned = split.assign(key('m'), 2)!
    expect(show(assigned.ranges)).toBe('-m=1@2 m-∞=2@3')
    expect(text(assigned.locate(key('lzz')).end)).toBe('m')
    expect(assigned.locate(key('m')).owner).toBe(2)
    expect(show(assigned.merge(key('m'))!.ranges)).toBe('-∞=1@4')
    expect(show(whole.ranges)).toBe('-∞=1@1')
  })

  test('answers what cannot be done with nothing', () => {
    const map = RangeMap.whole(1).split(key('m'))!
    expect(map.split(key('m'))).toBeUndefined()
    expect(map.split(key(''))).toBeUndefined()
    expect(map.merge(key(''))).toBeUndefined()
    expect(map.merge(key('n'))).toBeUndefined()
    expect(map.assign(key('n'), 3)).toBeUndefined()
  })

  test('names the ranges that a scan touches', () => {
    const map = ['c', 'f', 'k'].reduce((so, at) => so.split(key(at))!, RangeMap.whole(1))
    const starts = (from: string, to?: string): string =>
      map
        .overlapping(key(from), to === undefined ? undefined : key(to))
        .map(({ start }) => text(start))
        .join()
    expect(starts('a', 'b')).toBe('')
    expect(starts('d', 'f')).toBe('c')
    expect(starts('d', 'f0')).toBe('c,f')
    expect(starts('f')).toBe('f,k')
    expect(map.overlapping(key('x'), key('x'))).toEqual([])
  })

  test('in 2,000 schedules holds every key once, and a newer range that overlaps has a higher version', () => {
    for (let seed = 1; seed <= 2000; seed++) {
      const random = randomFromSeed(seed)
      const holds = (fact: boolean): void => {
        if (!fact) throw new Error(`seed ${seed}: ${show(map.ranges)}`)
      }
      let map = RangeMap.whole(0)
      // Beside it: who owns each of 16 keys, in an array.
      const owners = new Array<number>(16).fill(0)
      const moments = [map]
      const nibble = (i: number): Uint8Array => (i === 0 ? key('') : Uint8Array.of(i))
      for (let step = 1; step <= 20; step++) {
        const at = random.below(16)
        const range = map.locate(nibble(at))
        const next = [map.split(nibble(at)), map.merge(nibble(at)), map.assign(nibble(at), step)][
          random.below(3)
        ]
        if (next === undefined) continue
        next.check()
        for (let i = 0; i < 16; i++) {
          const [was, is] = [map.locate(nibble(i)), next.locate(nibble(i))]
          if (is.owner === step) {
            holds(compareBytes(range.start, nibble(at)) === 0)
            owners[i] = step
          } else if (is.owner !== was.owner) {
            // Merged into the range before it.
            holds(compareBytes(was.start, nibble(at)) === 0)
            owners[i] = is.owner
          }
          holds(is.owner === owners[i])
        }
        map = next
        moments.push(next)
      }
      const [first, second] = [random.below(moments.length), random.below(moments.length)].sort(
        (a, b) => a - b,
      )
      for (const old of moments[first!]!.ranges) {
        for (const young of moments[second!]!.overlapping(old.start, old.end)) {
          const isSame = young.version === old.version && show([young]) === show([old])
          if (!isSame && young.version <= old.version) throw new Error(`seed ${seed}: ${show([old, young])}`)
        }
      }
      expect(show(decoded(encoded(map)).ranges)).toBe(show(map.ranges))
    }
  })
})

describe('a map of ranges as bytes', () => {
  test('that leaves keys out, or is out of order, is refused', () => {
    const map = RangeMap.whole(1).split(key('m'))!
    const bytes = encoded(map)
    const hex = Buffer.from(bytes).toString('hex')
    expect(hex).toBe('0200020101' + '6d0201')
    const refused = (changed: string): void =>
      expect(() => decoded(Uint8Array.from(Buffer.from(changed, 'hex')))).toThrow(DecodeError)
    refused('00')
    refused('01' + '016d0101')
    refused('02000201' + '000201')
    refused('02000001' + '016d0201')
    refused('02000201')
    refused('04000101' + '016d0101' + '016d0101' + '016e0101')
  })

  test('made up by anybody is refused with a DecodeError, or understood', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 30 }), bytes => {
        try {
          decoded(Uint8Array.from([bytes[0]! % 4, 0, ...bytes])).check()
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

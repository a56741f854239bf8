import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { QuorateError } from '../../core/errors.ts'
import { compareHybrid, HybridClock, packHybrid, unpackHybrid } from './hybrid-clock.ts'

const stamps = fc.record({
  wallMs: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  counter: fc.integer({ min: 0, max: 65_535 }),
})

describe('a hybrid clock', () => {
  test('shows the wall clock as long as that goes on', () => {
    const clock = new HybridClock()
    expect(clock.tick(100)).toEqual({ wallMs: 100, counter: 0 })
    expect(clock.tick(101)).toEqual({ wallMs: 101, counter: 0 })
  })

  test('counts while the wall clock stands still or is set back', () => {
    const clock = new HybridClock()
    clock.tick(100)
    expect(clock.tick(100)).toEqual({ wallMs: 100, counter: 1 })
    expect(clock.tick(40)).toEqual({ wallMs: 100, counter: 2 })
    expect(clock.tick(101)).toEqual({ wallMs: 101, counter: 0 })
  })

  test('follows whoever is ahead, and is never behind what it received', () => {
    const clock = new HybridClock()
    clock.tick(100)
    expect(clock.receive({ wallMs: 130, counter: 7 }, 101)).toEqual({ wallMs: 130, counter: 8 })
    expect(clock.receive({ wallMs: 130, counter: 3 }, 102)).toEqual({ wallMs: 130, counter: 9 })
    expect(clock.receive({ wallMs: 90, counter: 50 }, 103)).toEqual({ wallMs: 130, counter: 10 })
    expect(clock.receive({ wallMs: 130, counter: 99 }, 131)).toEqual({ wallMs: 131, counter: 0 })
  })

  test('refuses a stamp too far ahead with QUORATE_CLOCK_AHEAD, and stays as it was', () => {
    const clock = new HybridClock(50)
    const before = clock.tick(1000)
    expect(() => clock.receive({ wallMs: 1051, counter: 0 }, 1000)).toThrow(QuorateError)
    expect(() => clock.receive({ wallMs: 1051, counter: 0 }, 1000)).toThrow(
      expect.objectContaining({ code: 'QUORATE_CLOCK_AHEAD', outcome: 'refused' }),
    )
    expect(clock.last).toEqual(before)
    expect(clock.receive({ wallMs: 1050, counter: 0 }, 1000).wallMs).toBe(1050)
  })

  test('goes into the next millisecond when a counter is used up', () => {
    const clock = new HybridClock(0, { wallMs: 100, counter: 65_534 })
    expect(clock.tick(100)).toEqual({ wallMs: 100, counter: 65_535 })
    expect(clock.tick(100)).toEqual({ wallMs: 101, counter: 0 })
    clock.check()
  })

  test('goes on behind the last stamp that its owner remembered', () => {
    const clock = new HybridClock(0, { wallMs: 500, counter: 3 })
    expect(clock.tick(20)).toEqual({ wallMs: 500, counter: 4 })
  })

  test('fits into 64 bits whose order is that of the stamps', () => {
    fc.assert(
      fc.property(stamps, stamps, (a, b) => {
        expect(unpackHybrid(packHybrid(a))).toEqual(a)
        expect(packHybrid(a) < 2n ** 64n).toBe(true)
        const [x, y] = [packHybrid(a), packHybrid(b)]
        expect(Math.sign(compareHybrid(a, b))).toBe(x < y ? -1 : x > y ? 1 : 0)
      }),
      { numRuns: 500 },
    )
    expect(packHybrid({ wallMs: 1, counter: 2 })).toBe(65_538n)
  })
})

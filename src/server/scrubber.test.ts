import { expect, test } from 'vitest'
import { addMs } from '../core/time.ts'
import { SimulatedClock } from '../sim/clock.ts'
import { SCRUB_DELAY_MS, SCRUB_INTERVAL_MS, SCRUB_SLICE_BYTES } from './limits.ts'
import { Scrubber } from './scrubber.ts'

function scrubbing(): { clock: SimulatedClock; slices: number[]; scrubber: Scrubber } {
  const clock = new SimulatedClock()
  const slices: number[] = []
  const scrubber = new Scrubber({ clock, store: { scrub: bytesMax => slices.push(bytesMax) } })
  return { clock, slices, scrubber }
}

/** Lets so many milliseconds pass. */
function pass(clock: SimulatedClock, ms: number): void {
  const end = addMs(clock.now(), ms)
  while (clock.nextAt() <= end) clock.step()
}

test('a scrubber waits until the node has started, and then asks for a slice in every interval', () => {
  const { clock, slices } = scrubbing()
  pass(clock, SCRUB_DELAY_MS - 1)
  expect(slices).toEqual([])
  pass(clock, SCRUB_DELAY_MS + 9 * SCRUB_INTERVAL_MS)
  expect(slices).toEqual(new Array(10).fill(SCRUB_SLICE_BYTES))
})

test('a scrubber that is stopped asks for nothing any more, and leaves no timer', () => {
  const { clock, slices, scrubber } = scrubbing()
  pass(clock, SCRUB_DELAY_MS + 2 * SCRUB_INTERVAL_MS)
  scrubber.stop()
  expect(clock.nextAt()).toBe(Number.POSITIVE_INFINITY)
  expect(slices.length).toBe(3)
})

test('a scrubber that is stopped by what its slice finds asks for nothing any more', () => {
  const clock = new SimulatedClock()
  const scrubber: Scrubber = new Scrubber({ clock, store: { scrub: () => scrubber.stop() } })
  clock.runUntilIdle()
  expect(clock.nextAt()).toBe(Number.POSITIVE_INFINITY)
})

test('5 GB are read in about an hour', () => {
  const slices = 5e9 / SCRUB_SLICE_BYTES
  expect((slices * SCRUB_INTERVAL_MS) / 60_000).toBeCloseTo(63.6, 1)
})

import { describe, expect, it } from 'vitest'
import type { Index } from '../../core/ids.ts'
import { randomFromSeed } from '../../core/prng.ts'
import { EntryIndex } from './entry-index.ts'
import { SegmentUse } from './segment-use.ts'

type Place = readonly [segment: number, batch: number, offset: number, length: number]

function content(index: EntryIndex): Map<number, Place> {
  const places = new Map<number, Place>()
  for (let slot = index.firstSlot; slot < index.endSlot; slot++) {
    places.set(index.indexAt(slot), [
      index.segmentAt(slot),
      index.batchAt(slot),
      index.offsetAt(slot),
      index.lengthAt(slot),
    ])
  }
  return places
}

describe('the index of entries', () => {
  it('holds what a sorted map would hold, and counts the bytes of each segment', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = randomFromSeed(seed)
      const use = new SegmentUse()
      const index = new EntryIndex(use)
      let model = new Map<number, Place>()
      for (let step = 0; step < 400; step++) {
        const last = Math.max(0, ...model.keys())
        const at = random.chance(2, 3) ? last + 1 + random.below(2) : random.below(last + 3) + 1
        const action = random.below(20)
        if (action === 0) {
          index.truncateFrom(at)
          model = new Map([...model].filter(([each]) => each < at))
        } else if (action === 1) {
          index.dropTo(at - 10)
          model = new Map([...model].filter(([each]) => each > at - 10))
        } else {
          const place: Place = [1 + random.below(5), random.uint32(), random.uint32(), random.below(1000)]
          index.put(at as Index, ...place)
          model.set(at, place)
        }
        expect(index.endSlot - index.firstSlot).toBe(model.size)
      }
      const sorted = [...model].sort(([a], [b]) => a - b)
      expect([...content(index)]).toEqual(sorted)
      for (let segment = 1; segment <= 5; segment++) {
        const places = sorted.filter(([, place]) => place[0] === segment)
        expect(use.liveBytes(segment)).toBe(places.reduce((sum, [, place]) => sum + place[3], 0))
      }
      for (const probe of [0, 1, 50, 100, 1000]) {
        const slot = index.lowerBound(probe)
        expect(slot - index.firstSlot).toBe(sorted.filter(([each]) => each < probe).length)
      }
    }
  })
})

/** What a `Store` makes of a disk that is full, fails, or lies. */
import { describe, expect, it } from 'vitest'
import { compareBytes } from '../core/bytes.ts'
import { QuorateError } from '../core/errors.ts'
import { type Pairs, pairs, putAll } from './store-pairs.conformance.ts'
import { BOTH, begin, beginOld, LARGE, NEW, OLD } from './store-samples.conformance.ts'
import type { OpenStore, StoreWorld } from './store-world.conformance.ts'

export function describeBadDisk(name: string, open: OpenStore): void {
  describe(`${name} and a bad disk`, () => {
    const refusalOf = (run: () => void): QuorateError | undefined => {
      try {
        run()
        return undefined
      } catch (error) {
        if (error instanceof QuorateError) return error
        throw error
      }
    }
    /** What comes of opening the store and reading all of it: found in the one or in the other, and not served. */
    const damage = (world: StoreWorld, expected: Pairs = []): QuorateError | undefined =>
      refusalOf(() => {
        const store = world.open()
        const found = pairs(store)
        store.close()
        expect(found).toEqual(expected)
      })

    it('survives a full disk: the old checkpoint stays, nothing is left of the new one', () => {
      const { world, store } = beginOld(open)
      world.settle()
      const before = [...world.disk.image()].toSorted()
      const used = world.usedBytes
      putAll(store, LARGE)
      for (const room of [0, 20, 1000, 200_000]) {
        world.disk.faults.capacityBytes = used + room
        expect(world.checkpoint(store)?.kind).toBe('full')
        world.settle()
        expect([...world.disk.image()].toSorted()).toEqual(before)
      }
      expect(pairs(store)).toEqual([...LARGE, ...OLD])
      world.disk.faults.heal()
      expect(world.checkpoint(store)).toBeNull()
      world.crash()
      expect(pairs(world.open())).toEqual([...LARGE, ...OLD])
    })

    it.each(['write', 'sync'] as const)('survives a %s that fails', operation => {
      const { world, store } = beginOld(open)
      putAll(store, NEW)
      world.disk.faults.failNext(operation)
      expect(world.checkpoint(store)?.kind).toBe('io')
      expect(pairs(store)).toEqual(BOTH)
      world.crash()
      const again = world.open()
      expect(pairs(again)).toEqual(OLD)
      expect(again.verify()).toEqual([])
    })

    it('makes nothing durable any more when it cannot know what a power loss would leave', () => {
      let refused = 0
      for (let nth = 0; ; nth++) {
        const { world, store } = beginOld(open)
        putAll(store, NEW)
        let syncs = 0
        world.disk.onStep = ({ operation }) => {
          if (operation === 'syncDirectory' && syncs++ === nth) world.disk.faults.failNext('syncDirectory')
        }
        const error = world.checkpoint(store)
        world.disk.onStep = undefined
        if (syncs <= nth) break
        expect(error?.kind).toBe('io')
        // It may know: then the next one is as good as any.
        const again = world.checkpoint(store)
        expect(pairs(store)).toEqual(BOTH)
        world.crash()
        const found = pairs(world.open())
        expect(found).toEqual(again !== null && found.length === OLD.length ? OLD : BOTH)
        if (again !== null) refused++
      }
      expect(refused).toBeGreaterThan(0)
    })

    it('says so when it cannot be opened', () => {
      const { world } = beginOld(open)
      world.crash()
      world.disk.faults.failNext('read')
      expect(damage(world)?.code).toBe('QUORATE_STORE_OPEN_FAILED')
      world.disk.faults.failNext('syncDirectory')
      expect(damage(world)?.code).toBe('QUORATE_STORE_OPEN_FAILED')
      expect(pairs(world.open())).toEqual(OLD)
    })

    it('finds every byte that was changed, and serves nothing of it', () => {
      const { world, store } = begin(open)
      putAll(store, OLD.slice(0, 20))
      world.checkpoint(store)
      for (const [path, content] of world.disk.image()) {
        for (let offset = 0; offset < content.length; offset++) {
          const mask = 1 << (offset % 8)
          world.disk.rot(path, offset, mask)
          const found = store.verify()
          expect(found.length, `byte ${offset} of ${path}`).toBeGreaterThan(0)
          expect(found[0]!.file).toBe(path)
          expect(found[0]!.offsetBytes).toBeLessThanOrEqual(offset)
          const refused = damage(world)
          expect(refused?.code, `byte ${offset} of ${path}`).toMatch(/QUORATE_STORE_(DAMAGED|FORMAT)/)
          expect(refused?.message).toContain(path)
          world.disk.rot(path, offset, mask)
        }
      }
      expect(store.verify()).toEqual([])
    })

    it('finds what is missing at the end, too much, of another time, or of another place', () => {
      const { world, store } = begin(open)
      putAll(store, LARGE)
      world.checkpoint(store)
      const earlier = world.disk.image()
      putAll(store, [[LARGE[8999]![0], LARGE[8999]![1].replaceAll('8', '9')]])
      world.checkpoint(store)
      world.settle()
      const now = world.disk.image()
      for (const [path, content] of now) {
        const bad = [
          content.subarray(0, content.length - 1),
          content.subarray(0, content.length >>> 1),
          content.subarray(0, 10),
          content.subarray(0, 0),
          Uint8Array.from([...content, 0]),
        ]
        for (const [otherPath, other] of [...earlier, ...now]) {
          if (otherPath !== path) bad.push(other)
          // The last quarter is that of the other file.
          const end = other.subarray((other.length * 3) >>> 2)
          bad.push(Uint8Array.from([...content.subarray(0, (content.length * 3) >>> 2), ...end]))
        }
        for (const replacement of bad) {
          if (compareBytes(replacement, content) === 0) continue
          world.disk.restore(path, replacement)
          expect(store.verify().length).toBeGreaterThan(0)
          expect(damage(world)?.code).toBe('QUORATE_STORE_DAMAGED')
        }
        world.disk.restore(path, content)
        expect(store.verify()).toEqual([])
        world.disk.remove(path)
        expect(store.verify().length).toBeGreaterThan(0)
        world.disk.restore(path, content)
      }
    })

    it('names the blocks that are damaged, and not the good ones between', () => {
      const { world, store } = begin(open)
      putAll(store, LARGE)
      world.checkpoint(store)
      world.settle()
      const files = [...world.disk.image()].map(([path, { length }]) => ({ path, length }))
      const [{ path, length }] = files.toSorted((a, b) => b.length - a.length) as [(typeof files)[0]]
      const places = [length * 0.1, length * 0.9].map(Math.floor)
      for (const place of places) world.disk.rot(path, place)
      const found = store.verify()
      expect(found.length).toBe(2)
      for (const [i, place] of places.entries()) expect(found[i]!.offsetBytes).toBeLessThanOrEqual(place)
    })

    it.each(['lost', 'misdirected'])('finds a write that was %s, at once or at the next start', kind => {
      const { world, store } = beginOld(open)
      putAll(store, LARGE)
      if (kind === 'lost') world.disk.faults.loseNextWrite()
      else world.disk.faults.misdirectNextWrite(4096)
      const atOnce = refusalOf(() => world.checkpoint(store))
      world.crash()
      const found = atOnce ?? damage(world)
      expect(found?.code).toBe('QUORATE_STORE_DAMAGED')
    })
  })
}

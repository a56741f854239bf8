/** What a `Store` keeps through the end of its process and of the power, and what space it needs for it. */
import { describe, expect, it } from 'vitest'
import type { DiskError } from '../runtime/disk.ts'
import { bytes, bytesOf, isAbout, pairs, putAll } from './store-pairs.conformance.ts'
import { BOTH, begin, beginOld, LARGE, NEW, OLD } from './store-samples.conformance.ts'
import type { OpenStore } from './store-world.conformance.ts'

/** What a store may need for content that is written again and again, in contents. */
const SPACE_FACTOR_MAX = 8

export function describeDurability(name: string, open: OpenStore): void {
  describe(`${name} and durability`, () => {
    it('is what it was at the last checkpoint when it is opened again', () => {
      const { world, store } = begin(open)
      putAll(store, LARGE)
      expect(world.checkpoint(store)).toBeNull()
      putAll(store, OLD)
      store.close()
      const again = world.open()
      expect(pairs(again)).toEqual(LARGE)
      expect(isAbout(again.sizeBytes(), bytesOf(LARGE))).toBe(true)
      putAll(again, OLD)
      expect(pairs(again)).toEqual([...LARGE, ...OLD])
      expect(world.checkpoint(again)).toBeNull()
      world.crash()
      expect(pairs(world.open())).toEqual([...LARGE, ...OLD])
    })

    it('knows how small it has become as soon as large values are removed, and after that is durable', () => {
      const { world, store } = begin(open)
      const large = Array.from({ length: 400 }, (_, i): [string, string] => [`large ${i}`, 'v'.repeat(2_000)])
      putAll(store, large)
      expect(world.checkpoint(store)).toBeNull()
      const batch = store.batch()
      for (const [key] of large.slice(40)) batch.delete(bytes(key))
      batch.commit()
      expect(isAbout(store.sizeBytes(), bytesOf(large.slice(0, 40)))).toBe(true)
      expect(world.checkpoint(store)).toBeNull()
      expect(isAbout(store.sizeBytes(), bytesOf(large.slice(0, 40)))).toBe(true)
    })

    it('checkpoints the moment at which it was asked to, while writes go on', () => {
      const { world, store } = begin(open)
      putAll(store, LARGE)
      let outcome: DiskError | null | undefined
      store.checkpoint(error => {
        outcome = error
      })
      for (let i = 0; outcome === undefined; i++) {
        putAll(store, [[LARGE[(i * 797) % LARGE.length]![0], 'changed']])
        const batch = store.batch()
        batch.delete(bytes(LARGE[(i * 991) % LARGE.length]![0]))
        batch.commit()
        world.step()
      }
      expect(outcome).toBeNull()
      world.crash()
      expect(pairs(world.open())).toEqual(LARGE)
    })

    it('gives back the space of what was written again', () => {
      const { world, store } = begin(open)
      const content = LARGE.slice(0, 1500)
      putAll(store, content)
      world.checkpoint(store)
      const once = world.usedBytes
      for (let round = 0; round < 2 * SPACE_FACTOR_MAX; round++) {
        putAll(store, content)
        world.checkpoint(store)
        world.settle()
        expect(world.usedBytes).toBeLessThan(once * SPACE_FACTOR_MAX)
      }
      expect(pairs(store)).toEqual(content)
    })

    it('gives back the space of what was deleted, after some checkpoints more', () => {
      const { world, store } = begin(open)
      putAll(store, LARGE)
      world.checkpoint(store)
      const before = world.usedBytes
      const batch = store.batch()
      for (const [key] of LARGE.slice(100)) batch.delete(bytes(key))
      batch.commit()
      for (let round = 0; round < SPACE_FACTOR_MAX; round++) {
        putAll(store, LARGE.slice(0, 100))
        world.checkpoint(store)
        world.settle()
      }
      expect(world.usedBytes).toBeLessThan(before / 10)
      expect(pairs(store)).toEqual(LARGE.slice(0, 100))
    })

    it('may be asked for the next checkpoint by the call-back of one', () => {
      const { world, store } = beginOld(open)
      putAll(store, NEW)
      let ended = 0
      store.checkpoint(() => {
        ended++
        putAll(store, LARGE)
        store.checkpoint(() => ended++)
      })
      world.settle()
      expect(ended).toBe(2)
      world.crash()
      expect(pairs(world.open())).toEqual([...LARGE, ...BOTH])
    })

    it('takes whatever is written by who checkpoints when it is due and waits while it is congested', () => {
      const { world, store } = begin(open)
      const value = 'v'.repeat(1 << 20)
      let isCheckpointing = false
      const checkpointIfDue = (): void => {
        if (isCheckpointing || !store.checkpointDue) return
        isCheckpointing = true
        store.checkpoint(error => {
          expect(error).toBeNull()
          isCheckpointing = false
        })
      }
      for (let i = 0; i < 48; i++) {
        if (store.isCongested) world.await<void>(done => store.whenRelieved(() => done()))
        expect(store.isCongested).toBe(false)
        putAll(store, [[`key ${i + 100}`, value]])
        checkpointIfDue()
      }
      world.settle()
      expect(store.count({ from: bytes('') })).toBe(48)
      expect(store.isCongested).toBe(false)
    })

    it('has one checkpoint at a time', () => {
      const { store } = begin(open)
      store.checkpoint(() => {})
      expect(() => store.checkpoint(() => {})).toThrow()
    })

    it('calls nobody after it was closed', () => {
      const { world, store } = begin(open)
      putAll(store, LARGE)
      let called = false
      store.checkpoint(() => {
        called = true
      })
      for (let i = 0; i < 5; i++) world.step()
      store.close()
      world.settle()
      expect(called).toBe(false)
      expect(pairs(world.open())).toEqual([])
    })

    it('is the old or the new checkpoint, whole, whenever the power fails', () => {
      let steps = 0
      for (let isCut = true; isCut; steps++) {
        for (let seed = 1; seed <= 6; seed++) {
          const { world, store } = beginOld(open, seed)
          putAll(store, NEW)
          let isDone = false
          isCut = world.crashAtStep(steps, () => {
            isDone = world.checkpoint(store) === null
          })
          expect(isDone || isCut).toBe(true)
          const found = pairs(world.open())
          expect(found).toEqual(!isDone && found.length === OLD.length ? OLD : BOTH)
        }
      }
      expect(steps).toBeGreaterThan(5)
    })

    it('can be opened whenever the power failed while it was opened', () => {
      for (let step = 0, isCut = true; isCut; step++) {
        const { world, store } = beginOld(open, step)
        putAll(store, NEW)
        world.crashAtStep(6, () => world.checkpoint(store))
        isCut = world.crashAtStep(step, () => {
          world.open()
        })
        const again = world.open()
        const found = pairs(again)
        expect(found).toEqual(found.length === OLD.length ? OLD : BOTH)
        expect(world.checkpoint(again)).toBeNull()
        world.crash()
        expect(pairs(world.open())).toEqual(found)
      }
    })
  })
}

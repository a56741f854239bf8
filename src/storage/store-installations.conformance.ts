/** How a `Store` takes a whole new content. */
import { describe, expect, it } from 'vitest'
import type { DiskError } from '../runtime/disk.ts'
import type { Store } from '../runtime/store.ts'
import { bytes, type Pairs, pairs, putAll } from './store-pairs.conformance.ts'
import { begin, beginOld, LARGE, NEW, OLD } from './store-samples.conformance.ts'
import type { OpenStore, StoreWorld } from './store-world.conformance.ts'

export function describeInstallations(name: string, open: OpenStore): void {
  describe(`${name} and installations`, () => {
    const install = (world: StoreWorld, store: Store, content: Pairs): DiskError | null => {
      const installation = store.install()
      for (const [key, value] of content) installation.put(bytes(key), bytes(value))
      return world.await(done => installation.commit(done))
    }

    it('replaces everything, durably', () => {
      const { world, store } = beginOld(open)
      expect(install(world, store, NEW)).toBeNull()
      expect(pairs(store)).toEqual(NEW)
      world.crash()
      expect(pairs(world.open())).toEqual(NEW)
    })

    it('copies what it is given: the arrays may be used again at once', () => {
      const { world, store } = beginOld(open)
      const installation = store.install()
      const content: Pairs = [...LARGE, ['long', 'a'.repeat(10_000)], ['longer', 'b'.repeat(200_000)]]
      for (const [key, value] of content) {
        const [keyBytes, valueBytes] = [bytes(key), bytes(value)]
        installation.put(keyBytes, valueBytes)
        keyBytes.fill(0xdd)
        valueBytes.fill(0xdd)
      }
      expect(world.await(done => installation.commit(done))).toBeNull()
      expect(pairs(store)).toEqual(content)
    })

    it('may leave nothing', () => {
      const { world, store } = beginOld(open)
      expect(install(world, store, [])).toBeNull()
      expect(pairs(store)).toEqual([])
      putAll(store, NEW)
      expect(pairs(store)).toEqual(NEW)
      world.crash()
      expect(pairs(world.open())).toEqual([])
    })

    it('serves the old content until the commit calls back, and pins of it for ever', () => {
      const { world, store } = beginOld(open)
      const pin = store.pin()
      const installation = store.install()
      for (const [key, value] of LARGE) installation.put(bytes(key), bytes(value))
      let isDone = false
      installation.commit(() => {
        isDone = true
        expect(pairs(store)).toEqual(LARGE)
      })
      while (!isDone) {
        expect(pairs(store)).toEqual(OLD)
        world.step()
      }
      expect(pairs(store)).toEqual(LARGE)
      expect(pairs(pin)).toEqual(OLD)
      pin.release()
      putAll(store, OLD)
      expect(pairs(store)).toEqual([...LARGE, ...OLD])
    })

    it('forgets what was aborted', () => {
      const { world, store } = beginOld(open)
      const installation = store.install()
      installation.put(bytes('x'), bytes('y'))
      installation.abort()
      expect(() => installation.put(bytes('z'), bytes(''))).toThrow()
      world.settle()
      expect(pairs(store)).toEqual(OLD)
    })

    it('says when what it was given waits for the disk, so that nobody need hold much in memory', () => {
      const { world, store } = beginOld(open)
      const installation = store.install()
      expect(() => installation.whenRelieved(() => {})).toThrow()
      const value = bytes('v'.repeat(64 * 1024))
      for (let i = 0; i < 200; i++) {
        installation.put(bytes(`key ${i + 1000}`), value)
        if (installation.isCongested) world.await<void>(done => installation.whenRelieved(() => done()))
        expect(installation.isCongested).toBe(false)
      }
      expect(pairs(store)).toEqual(OLD)
      expect(world.await<DiskError | null>(done => installation.commit(done))).toBeNull()
      expect(store.count({ from: bytes('') })).toBe(200)
    })

    it('calls nobody who waited for the disk after an abort', () => {
      const { world, store } = beginOld(open)
      const installation = store.install()
      for (let i = 0; i < 200 && !installation.isCongested; i++) {
        installation.put(bytes(`key ${i + 1000}`), bytes('v'.repeat(64 * 1024)))
      }
      let isCalled = false
      if (installation.isCongested) {
        installation.whenRelieved(() => {
          isCalled = true
        })
      }
      installation.abort()
      world.settle()
      expect(isCalled).toBe(false)
      expect(pairs(store)).toEqual(OLD)
    })

    it('is given its pairs in strictly ascending order', () => {
      const { store } = begin(open)
      const installation = store.install()
      installation.put(bytes('b'), bytes(''))
      expect(() => installation.put(bytes('b'), bytes(''))).toThrow()
      expect(() => installation.put(bytes('a'), bytes(''))).toThrow()
    })

    it('takes its turn with a checkpoint, whichever was asked for first', () => {
      for (const isCheckpointFirst of [true, false]) {
        const { world, store } = beginOld(open)
        const ended: string[] = []
        const installation = store.install()
        for (const [key, value] of NEW) installation.put(bytes(key), bytes(value))
        const commit = (): void => installation.commit(error => ended.push(`installed ${error}`))
        if (!isCheckpointFirst) commit()
        store.checkpoint(error => ended.push(`checkpoint ${error}`))
        if (isCheckpointFirst) commit()
        world.settle()
        const expected = ['checkpoint null', 'installed null']
        expect(ended).toEqual(isCheckpointFirst ? expected : expected.toReversed())
        expect(pairs(store)).toEqual(NEW)
        world.crash()
        expect(pairs(world.open())).toEqual(NEW)
      }
    })

    it('is the old content or the new, whole, whenever the power fails', () => {
      for (let step = 0, isCut = true; isCut; step++) {
        for (let seed = 1; seed <= 4; seed++) {
          const { world, store } = beginOld(open, seed)
          let isDone = false
          isCut = world.crashAtStep(step, () => {
            isDone = install(world, store, NEW) === null
          })
          const found = pairs(world.open())
          expect(found).toEqual(!isDone && found.length === OLD.length ? OLD : NEW)
        }
      }
    })

    it('leaves the old content where the disk fails', () => {
      const { world, store } = beginOld(open)
      world.disk.faults.failNext('sync')
      expect(install(world, store, NEW)?.kind).toBe('io')
      expect(pairs(store)).toEqual(OLD)
      expect(install(world, store, NEW)).toBeNull()
      expect(pairs(store)).toEqual(NEW)
    })
  })
}

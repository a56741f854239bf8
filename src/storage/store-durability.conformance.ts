/** What a `Store` keeps through the end of its process and of the power, and what it makes of a bad disk. */
import { describe, expect, it } from 'vitest'
import { compareBytes } from '../core/bytes.ts'
import { QuorateError } from '../core/errors.ts'
import type { DiskError } from '../runtime/disk.ts'
import type { Store } from '../runtime/store.ts'
import { bytes, bytesOf, isAbout, type Pairs, pairs, putAll } from './store-pairs.conformance.ts'
import { type OpenStore, StoreWorld } from './store-world.conformance.ts'

const OLD: Pairs = Array.from({ length: 400 }, (_, i) => [`old ${i + 1000}`, `value ${i}`])
const NEW: Pairs = Array.from({ length: 300 }, (_, i) => [`new ${i + 1000}`, `${i}`.repeat(i)])
const BOTH: Pairs = [...NEW, ...OLD]

/** What a store may need for content that is written again and again, in contents. */
const SPACE_FACTOR_MAX = 4

/** Enough for several blocks. */
const LARGE: Pairs = Array.from({ length: 9000 }, (_, i) => [`large ${i + 10_000}`, `${i}`.repeat(20)])

export function describeDurability(name: string, open: OpenStore): void {
  const begin = (seed?: number): { world: StoreWorld; store: Store } => {
    const world = new StoreWorld(open, seed)
    return { world, store: world.open() }
  }
  /** A world whose store holds and has made durable the old pairs. */
  const beginOld = (seed?: number): { world: StoreWorld; store: Store } => {
    const { world, store } = begin(seed)
    putAll(store, OLD)
    expect(world.checkpoint(store)).toBeNull()
    return { world, store }
  }

  describe(`${name} and durability`, () => {
    it('is what it was at the last checkpoint when it is opened again', () => {
      const { world, store } = begin()
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

    it('checkpoints the moment at which it was asked to, while writes go on', () => {
      const { world, store } = begin()
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

    it('estimates what a checkpoint would write', () => {
      const { world, store } = begin()
      putAll(store, LARGE)
      const estimate = store.checkpointBytes()
      world.checkpoint(store)
      const { usedBytes } = world
      expect(isAbout(estimate, usedBytes), `${estimate} for ${usedBytes}`).toBe(true)
    })

    it('gives back the space of what was written again', () => {
      const { world, store } = begin()
      putAll(store, LARGE)
      world.checkpoint(store)
      const once = world.usedBytes
      for (let round = 0; round < 12; round++) {
        putAll(store, LARGE)
        world.checkpoint(store)
        world.settle()
        expect(world.usedBytes).toBeLessThan(once * SPACE_FACTOR_MAX)
      }
      expect(pairs(store)).toEqual(LARGE)
    })

    it('gives back the space of what was deleted', () => {
      const { world, store } = begin()
      putAll(store, LARGE)
      world.checkpoint(store)
      const before = world.usedBytes
      const batch = store.batch()
      for (const [key] of LARGE.slice(100)) batch.delete(bytes(key))
      batch.commit()
      world.checkpoint(store)
      world.settle()
      expect(world.usedBytes).toBeLessThan(before / 10)
      expect(pairs(store)).toEqual(LARGE.slice(0, 100))
    })

    it('may be asked for the next checkpoint by the call-back of one', () => {
      const { world, store } = beginOld()
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
      const { world, store } = begin()
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
      const { store } = begin()
      store.checkpoint(() => {})
      expect(() => store.checkpoint(() => {})).toThrow()
    })

    it('calls nobody after it was closed', () => {
      const { world, store } = begin()
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
          const { world, store } = beginOld(seed)
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
        const { world, store } = beginOld(step)
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

  describe(`${name} and installations`, () => {
    const install = (world: StoreWorld, store: Store, content: Pairs): DiskError | null => {
      const installation = store.install()
      for (const [key, value] of content) installation.put(bytes(key), bytes(value))
      return world.await(done => installation.commit(done))
    }

    it('replaces everything, durably', () => {
      const { world, store } = beginOld()
      expect(install(world, store, NEW)).toBeNull()
      expect(pairs(store)).toEqual(NEW)
      world.crash()
      expect(pairs(world.open())).toEqual(NEW)
    })

    it('may leave nothing', () => {
      const { world, store } = beginOld()
      expect(install(world, store, [])).toBeNull()
      expect(pairs(store)).toEqual([])
      putAll(store, NEW)
      expect(pairs(store)).toEqual(NEW)
      world.crash()
      expect(pairs(world.open())).toEqual([])
    })

    it('serves the old content until the commit calls back, and pins of it for ever', () => {
      const { world, store } = beginOld()
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
      const { world, store } = beginOld()
      const installation = store.install()
      installation.put(bytes('x'), bytes('y'))
      installation.abort()
      expect(() => installation.put(bytes('z'), bytes(''))).toThrow()
      world.settle()
      expect(pairs(store)).toEqual(OLD)
    })

    it('says when what it was given waits for the disk, so that nobody need hold much in memory', () => {
      const { world, store } = beginOld()
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
      const { world, store } = beginOld()
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
      const { store } = begin()
      const installation = store.install()
      installation.put(bytes('b'), bytes(''))
      expect(() => installation.put(bytes('b'), bytes(''))).toThrow()
      expect(() => installation.put(bytes('a'), bytes(''))).toThrow()
    })

    it('takes its turn with a checkpoint, whichever was asked for first', () => {
      for (const isCheckpointFirst of [true, false]) {
        const { world, store } = beginOld()
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
          const { world, store } = beginOld(seed)
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
      const { world, store } = beginOld()
      world.disk.faults.failNext('sync')
      expect(install(world, store, NEW)?.kind).toBe('io')
      expect(pairs(store)).toEqual(OLD)
      expect(install(world, store, NEW)).toBeNull()
      expect(pairs(store)).toEqual(NEW)
    })
  })

  describe(`${name} and a bad disk`, () => {
    /** What comes of opening the store and reading all of it: found in the one or in the other. */
    const damage = (world: StoreWorld, expected: Pairs = []): QuorateError | undefined => {
      try {
        const store = world.open()
        const found = pairs(store)
        store.close()
        expect(found).toEqual(expected)
        return undefined
      } catch (error) {
        if (error instanceof QuorateError) return error
        throw error
      }
    }

    it('survives a full disk: the old checkpoint stays, nothing is left of the new one', () => {
      const { world, store } = beginOld()
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
      const { world, store } = beginOld()
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
      const { world, store } = beginOld()
      putAll(store, NEW)
      world.disk.faults.failNext('syncDirectory')
      expect(world.checkpoint(store)?.kind).toBe('io')
      expect(world.checkpoint(store)?.kind).toBe('io')
      expect(pairs(store)).toEqual(BOTH)
      world.crash()
      const found = pairs(world.open())
      expect(found).toEqual(found.length === OLD.length ? OLD : BOTH)
    })

    it('says so when it cannot be opened', () => {
      const { world } = beginOld()
      world.crash()
      world.disk.faults.failNext('read')
      expect(damage(world)?.code).toBe('QUORATE_STORE_OPEN_FAILED')
      world.disk.faults.failNext('syncDirectory')
      expect(damage(world)?.code).toBe('QUORATE_STORE_OPEN_FAILED')
      expect(pairs(world.open())).toEqual(OLD)
    })

    it('finds every byte that was changed, and serves nothing of it', () => {
      const { world, store } = begin()
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
      const { world, store } = begin()
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
      const { world, store } = begin()
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

    it.each(['lost', 'misdirected'])('finds a write that was %s', kind => {
      const { world, store } = beginOld()
      putAll(store, LARGE)
      if (kind === 'lost') world.disk.faults.loseNextWrite()
      else world.disk.faults.misdirectNextWrite(4096)
      world.checkpoint(store)
      world.crash()
      expect(damage(world)?.code).toBe('QUORATE_STORE_DAMAGED')
    })
  })
}

/** A first start, cut short wherever it may be; and members that come back without their logs. */
import { describe, expect, it } from 'vitest'
import { crc32c } from '../core/crc32c.ts'
import { QuorateError } from '../core/errors.ts'
import type { GroupId, NodeId } from '../core/ids.ts'
import { randomFromSeed } from '../core/prng.ts'
import { inlineJobs, type JobWorld } from '../runtime/jobs.ts'
import { silentLogger } from '../runtime/logger.ts'
import { SimulatedClock } from '../sim/clock.ts'
import { type DiskStep, SimulatedDisk } from '../sim/disk.ts'
import { type NodeStorage, openNodeStorage, type StoragePlace } from './node-storage.ts'

const IDENTITY = { clusterId: 1n, nodeId: 2n as NodeId, name: 'a', consensus: 'raft' }
const GROUP = 1 as GroupId
const LOG_LIMITS = { segmentBytes: 8192, firstSegmentBytes: 4096, alignmentBytes: 512, batchBytesMax: 1500 }
const PROMISE = Uint8Array.of(1, 2, 3)
const KEY = Uint8Array.of(7)

class PowerCut extends Error {}

/** One member's machine. */
class Machine {
  readonly disk: SimulatedDisk
  readonly #salts
  readonly #place: StoragePlace
  #clock = new SimulatedClock()

  /** @param hasPeers whether it is a member of several. */
  constructor(seed: number, hasPeers = false) {
    const random = randomFromSeed(seed)
    this.#place = { directory: 'data', identity: IDENTITY, hasPeers, beginsIn: hasPeers ? 'new' : 'none' }
    this.disk = new SimulatedDisk({ clock: this.#clock, random: random.fork() })
    this.#salts = random.fork()
  }

  /** Starts the member; throws what it refuses or halts with, or the power cut. */
  async start(): Promise<NodeStorage> {
    this.#clock = new SimulatedClock()
    this.disk.useClock(this.#clock)
    const world: JobWorld = {
      disk: this.disk,
      clock: this.#clock,
      checksum: crc32c,
      halt: reason => {
        throw reason
      },
    }
    const runtime = {
      ...world,
      jobs: inlineJobs(world),
      log: silentLogger,
      entropy: (count: number) => Uint8Array.from({ length: count }, () => this.#salts.below(256)),
    }
    let outcome: NodeStorage | Error | undefined
    openNodeStorage(runtime, this.#place, { logLimits: LOG_LIMITS }).then(
      storage => {
        outcome = storage
      },
      (error: Error) => {
        outcome = error
      },
    )
    while (outcome === undefined) {
      this.#clock.runUntilIdle()
      await new Promise(resolve => setImmediate(resolve))
    }
    if (outcome instanceof Error) throw outcome
    return outcome
  }

  /** The code with which the member refuses to start, and that it changed no file. */
  async refusal(): Promise<string> {
    const before = this.disk.image()
    try {
      await this.start()
      return 'none'
    } catch (error) {
      if (!(error instanceof QuorateError)) throw error
      expect(error.hint).toMatch(/restore/)
      expect(this.disk.image()).toEqual(before)
      return error.code
    }
  }

  promise({ log }: NodeStorage): void {
    log.persist(GROUP, { promise: PROMISE }, () => {})
    this.#clock.runUntilIdle()
  }

  /** Makes a pair durable in the store. */
  async checkpoint({ store }: NodeStorage, pair: Uint8Array): Promise<void> {
    const batch = store.batch()
    batch.put(pair, pair)
    batch.commit()
    let isDone = false
    store.checkpoint(error => {
      expect(error).toBe(null)
      isDone = true
    })
    while (!isDone) {
      this.#clock.runUntilIdle()
      await new Promise(resolve => setImmediate(resolve))
    }
  }

  settle(): void {
    this.#clock.runUntilIdle()
  }

  remove(directory: string): void {
    for (const path of this.disk.image().keys()) if (path.startsWith(directory)) this.disk.remove(path)
  }
}

/** Starts a member with the power cut at some step of the disk; whether it came to that. */
async function cutStart(machine: Machine, isCut: (step: DiskStep) => boolean): Promise<boolean> {
  machine.disk.onStep = step => {
    if (isCut(step)) throw new PowerCut()
  }
  try {
    await machine.start()
    return false
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error
    return true
  } finally {
    machine.disk.onStep = undefined
  }
}

function at(step: number): () => boolean {
  let left = step
  return () => left-- === 0
}

/** It starts, with nothing to remember, and from now on remembers. */
async function expectFirstStart(machine: Machine): Promise<void> {
  const storage = await machine.start()
  expect(storage.log.recovered(GROUP)).toMatchObject({ promise: undefined, doubt: 'none' })
  machine.promise(storage)
  machine.disk.crash()
  expect((await machine.start()).log.recovered(GROUP).promise).toEqual(PROMISE)
}

describe('a first start', () => {
  it('can be made again wherever the power failed, or the process died', async () => {
    let cuts = 0
    for (let step = 0, isCut = true; isCut; step++) {
      for (let seed = 1; seed <= 6; seed++) {
        const machine = new Machine(seed)
        isCut = await cutStart(machine, at(step))
        if (isCut) cuts++
        if (seed % 3 === 0) machine.disk.kill()
        else machine.disk.crash()
        await expectFirstStart(machine)
      }
    }
    expect(cuts).toBeGreaterThan(100)
  })

  it('that was cut short before its end may be cut short again, anywhere', async () => {
    for (let step = 0, isCut = true; isCut; step++) {
      for (let seed = 1; seed <= 10; seed++) {
        const machine = new Machine(seed)
        expect(await cutStart(machine, ({ path }) => path === 'data/identity')).toBe(true)
        machine.disk.crash()
        isCut = await cutStart(machine, at(step))
        machine.disk.crash()
        await expectFirstStart(machine)
      }
    }
  })

  it('is over, for good, before anything can be promised', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const machine = new Machine(seed)
      await machine.start()
      machine.disk.crash()
      machine.remove('data/log/')
      expect(await machine.refusal()).toBe('QUORATE_LOG_DAMAGED')
    }
  })
})

describe('a member that has lost its log', () => {
  it.each([
    ['the segments', ['data/log/']],
    ['the segments and the store', ['data/log/', 'data/store/']],
  ])('refuses to start: %s are gone', async (_, directories) => {
    const machine = new Machine(1)
    machine.promise(await machine.start())
    machine.disk.restore('data/log/prepared', new Uint8Array(100))
    machine.disk.kill()
    for (const path of machine.disk.image().keys()) {
      const isGone = directories.some(directory => path.startsWith(directory)) && !path.endsWith('prepared')
      if (isGone) machine.disk.remove(path)
    }
    expect(await machine.refusal()).toBe('QUORATE_LOG_DAMAGED')
    machine.remove('data/log/')
    expect(await machine.refusal()).toBe('QUORATE_LOG_DAMAGED')
  })

  it('begins anew only in a directory that holds nothing', async () => {
    const machine = new Machine(1)
    machine.promise(await machine.start())
    machine.disk.kill()
    const identity = machine.disk.image().get('data/identity')!
    machine.disk.remove('data/identity')
    expect(await machine.refusal()).toBe('QUORATE_DATA_DIR_DAMAGED')
    machine.disk.restore('data/identity', identity)
    expect((await machine.start()).log.recovered(GROUP).promise).toEqual(PROMISE)
    machine.disk.kill()
    machine.remove('data/')
    expect((await machine.start()).log.recovered(GROUP).promise).toBeUndefined()
  })
})

const LOST = { promise: undefined, base: undefined, entries: [], doubt: 'lost' }

/** What may be wrong with a member's directory, and what of it is begun anew. */
const DAMAGES: readonly (readonly [string, 'log' | 'logAndStore', (disk: SimulatedDisk) => void])[] = [
  ['rot in the log', 'log', disk => disk.rot('data/log/00000001.log', 520)],
  ['a log that is cut off', 'log', disk => disk.restore('data/log/00000001.log', new Uint8Array(100))],
  ['rot in the manifest', 'logAndStore', disk => disk.rot('data/store/manifest', 3)],
  ['damage that was met before', 'logAndStore', disk => disk.restore('data/store/damaged', new Uint8Array())],
]

/** A member of several that has promised something, applied something, and stopped. */
async function lived(seed: number): Promise<Machine> {
  const machine = new Machine(seed, true)
  const storage = await machine.start()
  machine.promise(storage)
  await machine.checkpoint(storage, KEY)
  machine.disk.crash()
  return machine
}

describe('a member of several', () => {
  it('that holds nothing says that it may be new', async () => {
    const machine = new Machine(1, true)
    expect((await machine.start()).log.recovered(GROUP)).toMatchObject({ doubt: 'new' })
    machine.disk.kill()
    const storage = await machine.start()
    expect(storage.log.recovered(GROUP)).toMatchObject({ promise: undefined, doubt: 'new' })
    machine.promise(storage)
    machine.disk.crash()
    expect((await machine.start()).log.recovered(GROUP)).toMatchObject({ promise: PROMISE, doubt: 'none' })
  })

  it.each(DAMAGES)(
    'begins anew, in doubt, what is damaged, and keeps the rest: %s',
    async (_, parts, damage) => {
      const machine = await lived(1)
      damage(machine.disk)
      const storage = await machine.start()
      expect(storage.log.recovered(GROUP)).toEqual(LOST)
      expect(storage.store.get(KEY)).toEqual(parts === 'log' ? KEY : undefined)
      machine.disk.crash()
      const again = await machine.start()
      expect(again.log.recovered(GROUP)).toEqual(LOST)
      machine.promise(again)
      machine.disk.crash()
      expect((await machine.start()).log.recovered(GROUP)).toMatchObject({ promise: PROMISE, doubt: 'none' })
    },
  )

  it.each(DAMAGES)('does so wherever the power fails on the way: %s', async (_, parts, damage) => {
    for (let step = 0, isCut = true; isCut; step++) {
      for (let seed = 1; seed <= 2; seed++) {
        const machine = await lived(seed)
        damage(machine.disk)
        isCut = await cutStart(machine, at(step))
        if (step % 4 === 0) machine.disk.kill()
        else machine.disk.crash()
        const storage = await machine.start()
        expect(storage.log.recovered(GROUP)).toEqual(LOST)
        expect(storage.store.get(KEY)).toEqual(parts === 'log' ? KEY : undefined)
      }
    }
  })

  it('never takes up again what it has set aside, wherever the power fails', async () => {
    for (let step = 0, isCut = true; isCut; step++) {
      const machine = await lived(step + 1)
      machine.disk.rot('data/log/00000001.log', 520)
      machine.promise(await machine.start())
      machine.disk.crash()
      machine.disk.rot('data/log.2/00000001.log', 520)
      isCut = await cutStart(machine, at(step))
      machine.disk.crash()
      expect((await machine.start()).log.recovered(GROUP)).toEqual(LOST)
    }
  })

  it('keeps what it has set aside until that is not needed any more', async () => {
    const machine = await lived(1)
    const before = machine.disk.image().get('data/log/00000001.log')!
    machine.disk.rot('data/log/00000001.log', 520)
    const storage = await machine.start()
    expect(machine.disk.image().get('data/log/00000001.log')!.length).toBe(before.length)
    storage.discardSetAside()
    machine.settle()
    expect(machine.disk.image().has('data/log/00000001.log')).toBe(false)
    machine.promise(storage)
    machine.disk.crash()
    expect((await machine.start()).log.recovered(GROUP)).toMatchObject({ promise: PROMISE })
  })

  it('begins anew on a full disk too, for the second attempt gets the room of what is damaged', async () => {
    const machine = await lived(1)
    machine.disk.rot('data/log/00000001.log', 520)
    machine.disk.faults.capacityBytes = machine.disk.usedBytes + 1000
    await expect(machine.start()).rejects.toMatchObject({ code: 'QUORATE_DISK_FULL' })
    machine.disk.kill()
    expect((await machine.start()).log.recovered(GROUP)).toEqual(LOST)
  })

  it('does not take a directory for its own of which nobody can tell whose it is', async () => {
    const machine = await lived(1)
    machine.disk.rot('data/identity', 20)
    expect(await machine.refusal()).toBe('QUORATE_DATA_DIR_DAMAGED')
  })
})

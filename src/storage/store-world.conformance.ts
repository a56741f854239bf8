/** What the conformance suite of stores runs in: virtual time, and a disk whose power can be cut. */
import { assert } from '../core/assert.ts'
import { type Checksum, crc32c } from '../core/crc32c.ts'
import { QuorateError } from '../core/errors.ts'
import { randomFromSeed } from '../core/prng.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Disk, DiskError } from '../runtime/disk.ts'
import { type Logger, silentLogger } from '../runtime/logger.ts'
import type { Store } from '../runtime/store.ts'
import { SimulatedClock } from '../sim/clock.ts'
import { SimulatedDisk } from '../sim/disk.ts'

/** How a kind of store is opened. */
export type OpenStore = (
  options: {
    disk: Disk
    clock: Clock
    checksum: Checksum
    directory: string
    logger: Logger
    /** Called when damage is met while the store is served: nothing of it may be served. Here it throws. */
    halt: (reason: Error) => never
  },
  opened: (outcome: Store | QuorateError) => void,
) => void

class PowerCut extends Error {}

export class StoreWorld {
  readonly disk: SimulatedDisk
  readonly directory = 'data/store'
  readonly #open: OpenStore
  readonly #world = new SimulatedClock()
  #clock = this.#world.node()

  constructor(open: OpenStore, seed = 1) {
    this.#open = open
    this.disk = new SimulatedDisk({ clock: this.#clock, random: randomFromSeed(seed) })
  }

  /** Throws what the store is refused with. */
  open(): Store {
    const { disk, directory } = this
    const options = { disk, clock: this.#clock, checksum: crc32c, directory, logger: silentLogger, halt }
    const outcome = this.await<Store | QuorateError>(done => this.#open(options, done))
    if (outcome instanceof QuorateError) throw outcome
    return outcome
  }

  /** Of all files. */
  get usedBytes(): number {
    let bytes = 0
    for (const content of this.disk.image().values()) bytes += content.length
    return bytes
  }

  checkpoint(store: Store): DiskError | null {
    return this.await(done => store.checkpoint(done))
  }

  /** Lets the world go on until the call-back comes, which must not be within the call. */
  await<Result>(start: (done: (result: Result) => void) => void): Result {
    const results: Result[] = []
    start(result => results.push(result))
    assert(results.length === 0, 'a call-back never comes within the call')
    while (results.length === 0) assert(this.step(), 'a call-back comes')
    return results[0]!
  }

  /** One event; false if nothing is left to happen. */
  step(): boolean {
    return this.#world.step()
  }

  /** Everything that is under way comes to its end. */
  settle(): void {
    this.#world.runUntilIdle()
  }

  /** The power fails; nothing that was running ever calls back. */
  crash(): void {
    this.#clock.kill()
    this.disk.onStep = undefined
    this.disk.crash()
    this.#clock = this.#world.node()
    this.disk.useClock(this.#clock)
  }

  /** Runs until the power fails at the disk's step `number`, counted from now; false if it ends before. */
  crashAtStep(number: number, run: () => void): boolean {
    let left = number
    this.disk.onStep = () => {
      if (left-- === 0) throw new PowerCut()
    }
    try {
      run()
      return false
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error
      return true
    } finally {
      this.crash()
    }
  }
}

function halt(reason: Error): never {
  throw reason
}

/** What tests of durable things run in: virtual time, and a disk whose power can be cut. */
import { assert } from '../core/assert.ts'
import { randomFromSeed } from '../core/prng.ts'
import type { Clock } from '../runtime/clock.ts'
import { SimulatedClock } from '../sim/clock.ts'
import { SimulatedDisk } from '../sim/disk.ts'

class PowerCut extends Error {}

export class DiskWorld {
  readonly disk: SimulatedDisk
  readonly #world = new SimulatedClock()
  #clock = this.#world.node()

  constructor(seed: number) {
    this.disk = new SimulatedDisk({ clock: this.#clock, random: randomFromSeed(seed) })
  }

  /** Of the process that runs now: after a crash it is another. */
  get clock(): Clock {
    return this.#clock
  }

  /** Of all files. */
  get usedBytes(): number {
    let bytes = 0
    for (const content of this.disk.image().values()) bytes += content.length
    return bytes
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
    this.#restart('crash')
  }

  /**
   * Runs until the power fails, or only the process, at the disk's step `number`, counted from now; false if it ends
   * before, and then the power fails there.
   */
  crashAtStep(number: number, run: () => void, end: 'crash' | 'kill' = 'crash'): boolean {
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
      this.#restart(end)
    }
  }

  #restart(end: 'crash' | 'kill'): void {
    this.#clock.kill()
    this.disk.onStep = undefined
    this.disk[end]()
    this.#clock = this.#world.node()
    this.disk.useClock(this.#clock)
  }
}

/**
 * Real files that lose power. Every operation goes to the file system, and to a record of what is not covered by
 * a sync that has called back: sectors, sizes and names, kept by the parts of the simulated disk. At a power
 * loss the record decides what a drive might have left, and the files are rewritten to that.
 *
 * A sync counts when its call-back reaches the machine, not when the system has done it: what the machine
 * does not know yet it cannot have promised. Directories themselves are durable as soon as they are made.
 */
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { equalBytes } from '../../src/core/bytes.ts'
import type { Random } from '../../src/core/prng.ts'
import { type Disk, DiskError } from '../../src/runtime/disk.ts'
import { nodeDisk } from '../../src/runtime/node/disk.ts'
import { SimulatedInode } from '../../src/sim/disk-inode.ts'
import { SimulatedNames } from '../../src/sim/disk-names.ts'
import type { Power } from './power.ts'
import { type FileHost, PowerLossFile } from './power-loss-file.ts'

/**
 * Whether a sync of this file or directory (by its path when it was opened) calls back without having done
 * anything, as some drives and hypervisors do, and as a program does that forgot it.
 */
export type Lies = (path: string) => boolean

export const HONEST: Lies = () => false

/** A moment at which the power may fail: right before an operation, or right before its call-back. */
export interface DiskStep {
  readonly operation: string
  readonly path: string
}

/** The files of one machine, which outlive its incarnations. */
export class PowerLossDisk {
  /** Called at every step. It may cut the power, which unwinds the machine right there. */
  onStep: (step: DiskStep) => void = () => {}
  lies: Lies = HONEST
  readonly #random: Random
  readonly #real = nodeDisk()
  readonly #names = new SimulatedNames()
  #underWay = 0
  #drained: (() => void) | undefined

  constructor(random: Random) {
    this.#random = random
  }

  /** The disk as one incarnation of the machine sees it. */
  boot(power: Power): Disk {
    const real = this.#real
    const names = this.#names
    const host = this.#host(power)
    const locked = new Set<string>()
    const remove = (path: string): void => {
      host.step('remove', path)
      real.remove(path)
      if (names.get(path) !== undefined) names.remove(path)
    }
    return {
      open: (path, mode) => {
        host.step(`open ${mode}`, path)
        const file = real.open(path, mode)
        if (mode === 'create') names.set(path, new SimulatedInode())
        power.onCut(() => file.close())
        return new PowerLossFile(file, names.get(path)!, host)
      },
      list: path => {
        power.require()
        return real.list(path)
      },
      exists: path => {
        power.require()
        return real.exists(path)
      },
      makeDirectory: path => {
        power.require()
        real.makeDirectory(path)
      },
      rename: (from, to) => {
        host.step('rename', to)
        real.rename(from, to)
        names.rename(from, to)
      },
      remove,
      removeLater: remove,
      syncDirectory: (path, done) => {
        host.step('sync directory', path)
        const upTo = names.lastChange
        const ended = host.begin('directory synced', path)
        real.syncDirectory(path, error =>
          ended(() => {
            if (error === null && !this.lies(path)) names.syncUpTo(path, upTo)
            done(error)
          }),
        )
      },
      lock: path => {
        power.require()
        // It ends with its holder: each incarnation has locks of its own.
        if (locked.has(path)) throw new DiskError('locked', path, `${path} is locked`)
        locked.add(path)
        return { release: () => void locked.delete(path) }
      },
    }
  }

  /** The machine is dead; this is what its drive holds when it comes back. */
  async losePower(): Promise<void> {
    if (this.#underWay > 0) await new Promise<void>(resolve => (this.#drained = resolve))
    const before = this.#contents()
    for (const [path, content] of before) {
      if (!equalBytes(readFileSync(path), content)) throw new Error(`${path} is not what the record says`)
    }
    this.#names.crash(this.#random)
    const after = this.#contents()
    for (const path of before.keys()) if (!after.has(path)) unlinkSync(path)
    for (const [path, content] of after) {
      const old = before.get(path)
      if (old === undefined || !equalBytes(old, content)) writeFileSync(path, content)
    }
  }

  #contents(): Map<string, Uint8Array> {
    return new Map([...this.#names.entries()].map(([path, inode]) => [path, inode.content()]))
  }

  #host(power: Power): FileHost {
    const step = (operation: string, path: string): void => {
      power.require()
      this.onStep({ operation, path })
      power.require()
    }
    return {
      step,
      isSynced: path => !this.lies(path),
      begin: (operation, path) => {
        this.#underWay++
        return completed => {
          this.#underWay--
          power.run(() => {
            step(operation, path)
            completed()
          })
          if (this.#underWay === 0) this.#drained?.()
        }
      },
    }
  }
}

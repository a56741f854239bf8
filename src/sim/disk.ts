/**
 * A disk in memory that behaves as badly as disks may. Reads see what was written; only what was synced is
 * sure to be there after a crash. All of its time comes from a `Clock` and all of its choices from a `Random`, so
 * that a run repeats to the byte. Directories themselves are durable as soon as they are made.
 */
import type { Random } from '../core/prng.ts'
import { addMs } from '../core/time.ts'
import type { Clock } from '../runtime/clock.ts'
import {
  type Disk,
  type DiskCallback,
  DiskError,
  type DiskFile,
  type DiskLock,
  type OpenMode,
} from '../runtime/disk.ts'
import { CrashReport } from './crash-report.ts'
import { DiskFaults } from './disk-faults.ts'
import { type DiskHost, SimulatedFile } from './disk-file.ts'
import { SimulatedInode } from './disk-inode.ts'
import { parentOf, SimulatedNames } from './disk-names.ts'

export interface SimulatedDiskOptions {
  readonly clock: Clock
  /** The disk's own stream: latencies and what a crash leaves. */
  readonly random: Random
  /** The shortest and the longest time of an operation that calls back. Default 20 to 200. */
  readonly latencyUs?: { readonly min: number; readonly max: number }
}

/** A moment at which the power may fail: right before a call takes effect, or before its call-back comes. */
export interface DiskStep {
  readonly operation: string
  readonly path: string
}

/** The empty name is the working directory; so is the dot. */
const ROOTS: readonly string[] = ['', '.']

/** The files of one machine. Outlives the machine's processes: see `crash` and `kill`. */
export class SimulatedDisk implements Disk {
  readonly faults = new DiskFaults()
  /** Called at every step. To cut the power there: throw, which unwinds the process, catch, and `crash`. */
  onStep: ((step: DiskStep) => void) | undefined
  readonly #random: Random
  readonly #latencyUs: { readonly min: number; readonly max: number }
  readonly #names = new SimulatedNames()
  readonly #directories = new Set(ROOTS)
  readonly #locks = new Map<string, DiskLock>()
  #clock: Clock
  #incarnation = 0

  constructor({ clock, random, latencyUs = { min: 20, max: 200 } }: SimulatedDiskOptions) {
    this.#clock = clock
    this.#random = random
    this.#latencyUs = latencyUs
  }

  // --- The machine's fate ---

  /**
   * The power fails: un-synced sectors, sizes and names are lost, torn and reordered at random; locks are free,
   * open files are dead (their call-backs never come), and the disk is as a rebooted machine finds it.
   */
  crash(): void {
    const report = new CrashReport()
    this.#names.crash(this.#random, report)
    for (const event of report.events) this.faults.happened(event)
    this.kill()
  }

  /** The machine gets a new, empty disk. */
  wipe(): void {
    this.#names.clear()
    this.#directories.clear()
    for (const root of ROOTS) this.#directories.add(root)
    this.kill()
  }

  /** What all files hold together, as a reader sees them. */
  get usedBytes(): number {
    let used = 0
    for (const [, inode] of this.#names.entries()) used += inode.size
    return used
  }

  /** The process dies, the machine does not: everything written stays, un-synced as it was. */
  kill(): void {
    this.#incarnation++
    this.#locks.clear()
  }

  /** The clock of the next incarnation; files opened from now on live by it. */
  useClock(clock: Clock): void {
    this.#clock = clock
  }

  /** Flips bits at rest (D7). */
  rot(path: string, offset: number, mask = 1): void {
    this.#inode(path).rot(offset, mask)
  }

  /** Every file as a reader sees it now, by path in order. */
  image(): Map<string, Uint8Array> {
    const sorted = [...this.#names.entries()].sort(([a], [b]) => (a < b ? -1 : 1))
    return new Map(sorted.map(([path, inode]) => [path, inode.content()]))
  }

  /** Makes a file with this content, durably; or replaces its content (D8, D13: another file's, a shorter one). */
  restore(path: string, content: Uint8Array): void {
    this.makeDirectory(parentOf(path))
    const inode = this.#names.get(path) ?? new SimulatedInode()
    inode.restore(content)
    this.#names.restore(path, inode)
  }

  // --- Disk ---

  open(path: string, mode: OpenMode): DiskFile {
    this.#step(`open ${mode}`, path)
    const found = this.#names.get(path)
    if (mode === 'create' && found) throw new DiskError('exists', path, `${path} exists`)
    if (mode === 'create') return new SimulatedFile(path, this.#create(path), this.#host())
    if (!found) throw new DiskError('notFound', path, `${path} does not exist`)
    return new SimulatedFile(path, found, this.#host())
  }

  list(directory: string): string[] {
    const names = new Set<string>()
    const prefix = directory === '' ? '' : `${directory}/`
    const paths = [...this.#names.entries()].map(([path]) => path).concat([...this.#directories])
    for (const path of paths) {
      if (path.startsWith(prefix) && path.length > prefix.length && path !== '.') {
        names.add(path.slice(prefix.length).split('/')[0]!)
      }
    }
    return [...names].sort()
  }

  exists(path: string): boolean {
    return this.#names.get(path) !== undefined || this.#directories.has(path)
  }

  makeDirectory(path: string): void {
    for (let at = path; at !== ''; at = parentOf(at)) this.#directories.add(at)
  }

  rename(from: string, to: string): void {
    this.#step('rename', to)
    this.#inode(from)
    this.#names.rename(from, to)
  }

  remove(path: string): void {
    this.#step('remove', path)
    if (this.#names.get(path) !== undefined) this.#names.remove(path)
  }

  removeLater(path: string): void {
    const incarnation = this.#incarnation
    const timer = this.#clock.timer(() => {
      if (incarnation === this.#incarnation) this.remove(path)
    })
    timer.set(addMs(this.#clock.now(), this.#drawLatencyUs() / 1000))
  }

  syncDirectory(directory: string, done: DiskCallback): void {
    this.#step('syncDirectory', directory)
    const error = this.#directorySyncError(directory)
    const upTo = this.#names.lastChange
    const incarnation = this.#incarnation
    const timer = this.#clock.timer(() => {
      if (incarnation !== this.#incarnation) return
      this.#step('directory synced', directory)
      if (error === null && !this.faults.lyingSync) this.#names.syncUpTo(directory, upTo)
      done(error)
    })
    timer.set(addMs(this.#clock.now(), this.#drawLatencyUs() / 1000))
  }

  lock(directory: string): DiskLock {
    if (this.#locks.has(directory)) throw new DiskError('locked', directory, `${directory} is locked`)
    const lock: DiskLock = {
      release: () => {
        if (this.#locks.get(directory) === lock) this.#locks.delete(directory)
      },
    }
    this.#locks.set(directory, lock)
    return lock
  }

  #directorySyncError(directory: string): DiskError | null {
    if (!this.#directories.has(directory)) {
      return new DiskError('notFound', directory, `${directory} does not exist`)
    }
    if (!this.faults.takeFailure('syncDirectory', directory)) return null
    return new DiskError('io', directory, `injected I/O error on ${directory}`)
  }

  #create(path: string): SimulatedInode {
    if (!this.#directories.has(parentOf(path))) {
      throw new DiskError('notFound', path, `the directory of ${path} does not exist`)
    }
    const inode = new SimulatedInode()
    this.#names.set(path, inode)
    return inode
  }

  #inode(path: string): SimulatedInode {
    const inode = this.#names.get(path)
    if (inode === undefined) throw new DiskError('notFound', path, `${path} does not exist`)
    return inode
  }

  #host(): DiskHost {
    const incarnation = this.#incarnation
    return {
      clock: this.#clock,
      faults: this.faults,
      random: this.#random,
      isAlive: () => incarnation === this.#incarnation,
      step: (operation, path) => this.#step(operation, path),
      latencyUs: () => this.#drawLatencyUs(),
      hasRoomFor: bytes => this.usedBytes + bytes <= this.faults.capacityBytes,
    }
  }

  #step(operation: string, path: string): void {
    this.onStep?.({ operation, path })
  }

  #drawLatencyUs(): number {
    const { min, max } = this.#latencyUs
    const { extraLatencyUs } = this.faults
    if (extraLatencyUs > 0) this.faults.happened('slow')
    return min + this.#random.below(max - min + 1) + extraLatencyUs
  }
}

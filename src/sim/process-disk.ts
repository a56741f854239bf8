/**
 * A machine's disk as one process sees it. A process that is dead does nothing more, but promises that it left behind
 * still go on for a moment: what they ask of the disk ends them, so that no dead process takes the lock of the living
 * one or writes behind its back. Files that were open know by themselves that their process is gone.
 */
import type { Disk, DiskCallback, DiskFile, DiskLock, OpenMode } from '../runtime/disk.ts'
import type { NodeClock } from './node-clock.ts'
import { SuddenDeath } from './sudden-death.ts'

export class ProcessDisk implements Disk {
  readonly #disk: Disk
  readonly #clock: NodeClock

  /** @param clock of the process: it dies with it. */
  constructor(disk: Disk, clock: NodeClock) {
    this.#disk = disk
    this.#clock = clock
  }

  open(path: string, mode: OpenMode): DiskFile {
    return this.#living.open(path, mode)
  }

  list(directory: string): string[] {
    return this.#living.list(directory)
  }

  exists(path: string): boolean {
    return this.#living.exists(path)
  }

  makeDirectory(path: string): void {
    this.#living.makeDirectory(path)
  }

  rename(from: string, to: string): void {
    this.#living.rename(from, to)
  }

  remove(path: string): void {
    this.#living.remove(path)
  }

  removeLater(path: string): void {
    this.#living.removeLater(path)
  }

  syncDirectory(directory: string, done: DiskCallback): void {
    this.#living.syncDirectory(directory, done)
  }

  lock(directory: string): DiskLock {
    return this.#living.lock(directory)
  }

  get #living(): Disk {
    if (this.#clock.state === 'dead') throw new SuddenDeath('kill')
    return this.#disk
  }
}

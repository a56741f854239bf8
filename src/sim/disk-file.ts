/**
 * An open file of a simulated disk. Writes show at once and are durable once a sync that began after their
 * call-back has called back; operations call back in the order of the calls.
 */
import { concatBytes } from '../core/bytes.ts'
import type { Random } from '../core/prng.ts'
import { addMs } from '../core/time.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import { type DiskCallback, DiskError, type DiskFile } from '../runtime/disk.ts'
import type { DiskFaults } from './disk-faults.ts'
import { SECTOR_BYTES, type SimulatedInode } from './disk-inode.ts'

/** What a file needs of its disk. */
export interface DiskHost {
  readonly clock: Clock
  readonly faults: DiskFaults
  readonly random: Random
  /** False once the process that opened the file is dead. */
  isAlive(): boolean
  step(operation: string, path: string): void
  latencyUs(): number
  hasRoomFor(bytes: number): boolean
}

interface Operation {
  readonly name: string
  readonly complete: () => DiskError | null
  readonly done: DiskCallback
}

export class SimulatedFile implements DiskFile {
  readonly path: string
  readonly #inode: SimulatedInode
  readonly #host: DiskHost
  readonly #queue: Operation[] = []
  readonly #timer: Timer
  /** The last write that has called back: what a sync called for now covers. */
  #completedWrite = 0

  constructor(path: string, inode: SimulatedInode, host: DiskHost) {
    this.path = path
    this.#inode = inode
    this.#host = host
    this.#completedWrite = inode.lastWrite
    this.#timer = host.clock.timer(() => this.#complete())
  }

  size(): number {
    return this.#inode.size
  }

  read(at: number, into: Uint8Array): number {
    if (this.#host.faults.takeFailure('read', this.path)) throw this.#ioError()
    const byBytes = this.#host.faults.takeReadFault(this.path)
    // From elsewhere, and within the file: a disk knows no files, and gives what was asked for in length.
    const from = byBytes === 0 ? at : (at + byBytes) % Math.max(1, this.#inode.size)
    return this.#inode.read(from, into)
  }

  write(at: number, chunks: readonly Uint8Array[], done: DiskCallback): void {
    if (!this.#begin('write')) return
    const { write, error } = this.#apply(at, joined(chunks))
    this.#enqueue('written', done, () => {
      this.#completedWrite = write
      return error
    })
  }

  writeSynced(at: number, chunks: readonly Uint8Array[], done: DiskCallback): void {
    if (!this.#begin('writeSynced')) return
    const bytes = joined(chunks)
    const { write, error, landedAt } = this.#apply(at, bytes)
    const syncFails = this.#host.faults.takeFailure('sync', this.path)
    this.#enqueue('written and synced', done, () => {
      this.#completedWrite = write
      if (error !== null) return error
      if (syncFails) return this.#failSync(write)
      if (!this.#host.faults.lyingSync) this.#inode.syncRange(landedAt, bytes.length, write)
      return null
    })
  }

  sync(done: DiskCallback): void {
    if (!this.#begin('sync')) return
    const upTo = this.#completedWrite
    const fails = this.#host.faults.takeFailure('sync', this.path)
    this.#enqueue('synced', done, () => {
      if (fails) return this.#failSync(upTo)
      if (!this.#host.faults.lyingSync) this.#inode.syncUpTo(upTo)
      return null
    })
  }

  truncate(size: number): void {
    if (!this.#begin('truncate')) return
    if (!this.#hasRoomFor(size - this.#inode.size)) throw this.#fullError()
    this.#inode.truncate(size)
    this.#completedWrite = this.#inode.lastWrite
  }

  /** What was asked for still happens and calls back. */
  close(): void {}

  #begin(operation: string): boolean {
    // A dead process does nothing; that it still runs is the simulation's affair.
    if (!this.#host.isAlive()) return false
    this.#host.step(operation, this.path)
    return true
  }

  #apply(at: number, bytes: Uint8Array): { write: number; error: DiskError | null; landedAt: number } {
    const { faults, random } = this.#host
    const write = () => this.#inode.lastWrite
    const growth = Math.max(0, at + bytes.length - this.#inode.size)
    if (growth > 0 && !this.#hasRoomFor(growth)) {
      return { write: write(), error: this.#fullError(), landedAt: at }
    }
    if (faults.takeFailure('write', this.path)) {
      // Some first part of it arrived, or nothing.
      const sectors = random.below(Math.ceil(bytes.length / SECTOR_BYTES) + 1)
      const arrived = bytes.subarray(0, sectors * SECTOR_BYTES)
      if (arrived.length > 0 && arrived.length < bytes.length) faults.happened('shortWrite', this.path)
      this.#inode.write(at, arrived)
      return { write: write(), error: this.#ioError(), landedAt: at }
    }
    const fault = faults.takeWriteFault(this.path)
    if (fault?.what === 'misdirected') {
      const landedAt = at + fault.byBytes
      return { write: this.#inode.write(landedAt, bytes), error: null, landedAt }
    }
    if (fault === undefined) return { write: this.#inode.write(at, bytes), error: null, landedAt: at }
    const isLost = (sector: number) => fault.sector === undefined || fault.sector === sector
    return { write: this.#inode.write(at, bytes, isLost), error: null, landedAt: at }
  }

  #hasRoomFor(bytes: number): boolean {
    const hasRoom = this.#host.hasRoomFor(bytes)
    if (!hasRoom) this.#host.faults.happened('full', this.path)
    return hasRoom
  }

  #failSync(upTo: number): DiskError {
    this.#inode.abandonUpTo(upTo)
    return this.#ioError()
  }

  #enqueue(name: string, done: DiskCallback, complete: () => DiskError | null): void {
    this.#queue.push({ name, complete, done })
    if (this.#queue.length === 1) this.#arm()
  }

  #arm(): void {
    this.#timer.set(addMs(this.#host.clock.now(), this.#host.latencyUs() / 1000))
  }

  #complete(): void {
    if (!this.#host.isAlive()) return
    const operation = this.#queue[0]!
    this.#host.step(operation.name, this.path)
    const error = operation.complete()
    this.#queue.shift()
    if (this.#queue.length > 0) this.#arm()
    operation.done(error)
  }

  #ioError(): DiskError {
    return new DiskError('io', this.path, `injected I/O error on ${this.path}`)
  }

  #fullError(): DiskError {
    return new DiskError('full', this.path, `no space left for ${this.path}`)
  }
}

/** One chunk, as a segment of the log that is filled with zeros, is not copied once more. */
function joined(chunks: readonly Uint8Array[]): Uint8Array {
  return chunks.length === 1 ? chunks[0]! : concatBytes(chunks)
}

/**
 * The file that a table is written to: gathers bytes to long writes, one of them under way at a time, and
 * syncs them on the way, so that the disk never has much to do at once while others wait for it.
 */
import { buggify } from '../../core/seams.ts'
import { DiskError, type DiskFile } from '../../runtime/disk.ts'
import { removeLeftover } from '../leftover.ts'
import { UNSYNCED_BYTES_MAX, WRITE_BYTES_WAITING_MAX } from './limits.ts'
import type { TablePlace } from './table-place.ts'

/** Reports through `settled`, in a later turn, whenever a write or a sync on the way has ended or has failed. */
export class TableWriterOutput {
  readonly #place: TablePlace
  readonly #path: string
  readonly #settled: () => void
  #file: DiskFile | undefined
  #error: DiskError | undefined
  #chunk: Uint8Array | undefined
  #chunkAt = 0
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #writing: readonly Uint8Array[] = []
  #writingBytes = 0
  #writtenBytes = 0
  #unsyncedBytes = 0
  #fileBytes = 0
  #isBusy = false
  #isDropped = false
  #gone: () => void = () => {}

  /** A file that cannot be made is an error like any other: nothing throws. */
  constructor(place: TablePlace, path: string, settled: () => void) {
    this.#place = place
    this.#path = path
    this.#settled = settled
    try {
      this.#file = place.disk.open(path, 'create')
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.#error = error
    }
  }

  /** What went wrong first; from then on nothing is written. */
  get error(): DiskError | undefined {
    return this.#error
  }

  /** So far, written or not. */
  get fileBytes(): number {
    return this.#fileBytes
  }

  get isCongested(): boolean {
    return this.#waitingBytes + this.#writingBytes >= WRITE_BYTES_WAITING_MAX
  }

  /** Whether a call-back of the disk is still to come. */
  get isBusy(): boolean {
    return this.#isBusy
  }

  /** An array with `bytes` free behind `chunkAt`; at most BUFFER_BYTES. */
  room(bytes: number): Uint8Array {
    if (this.#chunk !== undefined && this.#chunkAt + bytes > this.#chunk.length) this.#endChunk()
    this.#chunk ??= this.#place.buffers.take()
    return this.#chunk
  }

  get chunkAt(): number {
    return this.#chunkAt
  }

  /** So much has been written into the room. */
  advance(bytes: number): void {
    this.#chunkAt += bytes
    this.#fileBytes += bytes
  }

  /** Writes bytes that nobody changes any more. */
  write(bytes: Uint8Array): void {
    this.#endChunk()
    this.#fileBytes += bytes.length
    this.#enqueue(bytes)
  }

  /** Sends what is gathered; true when all is written, and otherwise to be asked again when settled. */
  flush(): boolean {
    this.#endChunk()
    return !this.#isBusy
  }

  /** Makes all of it durable and calls back. Only after `flush` was true. */
  sync(done: (error: DiskError | null) => void): void {
    this.#isBusy = true
    this.#file!.sync(error => {
      this.#isBusy = false
      if (error !== null) this.#error ??= error
      if (this.#isDropped) this.#remove()
      else done(error)
    })
  }

  close(): void {
    this.#file?.close()
  }

  /** Removes the file as soon as the disk has let go of it, and calls back; calls nobody else any more. */
  drop(gone: () => void = () => {}): void {
    this.#isDropped = true
    this.#gone = gone
    this.#waiting = []
    if (!this.#isBusy) this.#remove()
  }

  #endChunk(): void {
    if (this.#chunk === undefined || this.#chunkAt === 0) return
    const bytes = this.#chunk.subarray(0, this.#chunkAt)
    this.#chunk = undefined
    this.#chunkAt = 0
    this.#enqueue(bytes)
  }

  #enqueue(bytes: Uint8Array): void {
    if (this.#error !== undefined) return
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    if (!this.#isBusy) this.#writeWaiting()
  }

  #writeWaiting(): void {
    this.#writing = this.#waiting
    this.#writingBytes = this.#waitingBytes
    this.#waiting = []
    this.#waitingBytes = 0
    this.#isBusy = true
    this.#file!.write(this.#writtenBytes, this.#writing, error => this.#written(error))
  }

  #written(error: DiskError | null): void {
    this.#writtenBytes += this.#writingBytes
    this.#unsyncedBytes += this.#writingBytes
    for (const bytes of this.#writing) this.#place.buffers.give(bytes)
    this.#writing = []
    this.#writingBytes = 0
    this.#goOn(error)
  }

  /** Behind a write, or a sync on the way. */
  #goOn(error: DiskError | null): void {
    this.#isBusy = false
    if (this.#isDropped) return this.#remove()
    if (error !== null) {
      this.#error = error
      this.#waiting = []
      this.#waitingBytes = 0
    } else if (this.#isSyncDue()) this.#syncWritten()
    else if (this.#waiting.length > 0) this.#writeWaiting()
    this.#settled()
  }

  #isSyncDue(): boolean {
    if (this.#unsyncedBytes === 0) return false
    return this.#unsyncedBytes >= UNSYNCED_BYTES_MAX || buggify('store: a table is synced after a write')
  }

  #syncWritten(): void {
    this.#unsyncedBytes = 0
    this.#isBusy = true
    this.#file!.sync(error => this.#goOn(error))
  }

  #remove(): void {
    this.#removeFile()
    this.#gone()
  }

  #removeFile(): void {
    if (this.#file === undefined) return
    this.#file.close()
    this.#file = undefined
    removeLeftover(() => this.#place.disk.remove(this.#path))
  }
}

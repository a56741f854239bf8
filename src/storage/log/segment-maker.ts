/**
 * Makes the next segment's file ahead of its use: filled with real zeros, slice by slice, each durable before
 * the next begins, so that batches written meanwhile are hardly delayed (docs/decisions/0002).
 */
import { type Disk, DiskError, type DiskFile } from '../../runtime/disk.ts'
import { removeLeftover } from '../leftover.ts'
import { ZERO_SLICE_BYTES } from './limits.ts'
import { preparedPath, zeros } from './segment.ts'

export class SegmentMaker {
  readonly #disk: Disk
  readonly #path: string
  readonly #fail: (path: string, error: DiskError) => void
  #file: DiskFile | undefined
  #filledBytes = 0
  #wantedBytes = 0
  #isFilling = false
  #ready: ((file: DiskFile, bytes: number) => void) | undefined
  #stopped: (() => void) | undefined

  constructor(disk: Disk, directory: string, fail: (path: string, error: DiskError) => void) {
    this.#disk = disk
    this.#path = preparedPath(directory)
    this.#fail = fail
  }

  /** Begins a file of this size, unless one is being made. */
  prepare(bytes: number): void {
    if (this.#file !== undefined || this.#stopped !== undefined) return
    try {
      this.#file = this.#disk.open(this.#path, 'create')
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      return this.#fail(this.#path, error)
    }
    this.#filledBytes = 0
    this.#wantedBytes = bytes
    this.#fill()
  }

  /** Hands over a file of at least this size, under the name of `preparedPath`; at once if it is ready. */
  take(bytes: number, ready: (file: DiskFile, bytes: number) => void): void {
    this.#ready = ready
    if (this.#file === undefined) return this.prepare(bytes)
    this.#wantedBytes = Math.max(bytes, this.#wantedBytes)
    if (!this.#isFilling) this.#fill()
  }

  /** Removes what was begun and makes nothing more. */
  stop(done: () => void): void {
    this.#stopped = done
    if (!this.#isFilling) this.#remove()
  }

  #fill(): void {
    const file = this.#file!
    const left = this.#wantedBytes - this.#filledBytes
    if (left <= 0) return this.#handOver(file)
    const slice = zeros(Math.min(left, ZERO_SLICE_BYTES))
    this.#isFilling = true
    file.writeSynced(this.#filledBytes, [slice], error => {
      this.#isFilling = false
      // Of a file that is removed it does not matter what became of it.
      if (this.#stopped !== undefined) return this.#remove()
      if (error !== null) return this.#fail(this.#path, error)
      this.#filledBytes += slice.length
      this.#fill()
    })
  }

  #handOver(file: DiskFile): void {
    const ready = this.#ready
    if (ready === undefined) return
    this.#ready = undefined
    this.#file = undefined
    ready(file, this.#filledBytes)
  }

  #remove(): void {
    if (this.#file !== undefined) {
      this.#file.close()
      this.#file = undefined
      removeLeftover(() => this.#disk.remove(this.#path))
    }
    this.#stopped?.()
  }
}

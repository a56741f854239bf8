import { concatBytes } from '../../src/core/bytes.ts'
import type { DiskCallback, DiskError, DiskFile } from '../../src/runtime/disk.ts'
import type { SimulatedInode } from '../../src/sim/disk-inode.ts'

/** What a file needs of its disk. */
export interface FileHost {
  step(operation: string, path: string): void
  /** An operation is under way on the real file; the returned function takes its completion to the machine. */
  begin(operation: string, path: string): (completed: () => void) => void
  /** False if syncs of this file lie. */
  isSynced(path: string): boolean
}

/** One open file of a `PowerLossDisk`: the real one, and the record of what of it is durable. */
export class PowerLossFile implements DiskFile {
  readonly path: string
  readonly #real: DiskFile
  readonly #inode: SimulatedInode
  readonly #host: FileHost
  /** The last write that has called back: what a sync that is called for now covers. */
  #completedWrite: number

  constructor(real: DiskFile, inode: SimulatedInode, host: FileHost) {
    this.path = real.path
    this.#real = real
    this.#inode = inode
    this.#host = host
    this.#completedWrite = inode.lastWrite
  }

  size(): number {
    return this.#real.size()
  }

  read(at: number, into: Uint8Array): number {
    this.#host.step('read', this.path)
    return this.#real.read(at, into)
  }

  write(at: number, chunks: readonly Uint8Array[], done: DiskCallback): void {
    this.#host.step('write', this.path)
    const write = this.#inode.write(at, concatBytes(chunks))
    this.#real.write(
      at,
      chunks,
      this.#end('written', done, () => {
        this.#completedWrite = write
      }),
    )
  }

  writeSynced(at: number, chunks: readonly Uint8Array[], done: DiskCallback): void {
    this.#host.step('write and sync', this.path)
    const bytes = concatBytes(chunks)
    const write = this.#inode.write(at, bytes)
    this.#real.writeSynced(
      at,
      chunks,
      this.#end('written and synced', done, () => {
        this.#completedWrite = write
        if (this.#host.isSynced(this.path)) this.#inode.syncRange(at, bytes.length, write)
      }),
    )
  }

  sync(done: DiskCallback): void {
    this.#host.step('sync', this.path)
    const upTo = this.#completedWrite
    this.#real.sync(
      this.#end('synced', done, () => {
        if (this.#host.isSynced(this.path)) this.#inode.syncUpTo(upTo)
      }),
    )
  }

  truncate(size: number): void {
    this.#host.step('truncate', this.path)
    this.#real.truncate(size)
    this.#inode.truncate(size)
    this.#completedWrite = this.#inode.lastWrite
  }

  close(): void {
    this.#real.close()
  }

  #end(operation: string, done: DiskCallback, succeeded: () => void): (error: DiskError | null) => void {
    const ended = this.#host.begin(operation, this.path)
    return error =>
      ended(() => {
        if (error === null) succeeded()
        done(error)
      })
  }
}

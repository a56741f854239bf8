/**
 * A disk whose files answer every read, or do not answer at all: a read that fails stops the node, as one whose answer
 * is damaged does. So those who read tables, in the middle of a request, need not know that it can fail.
 */
import { type Disk, type DiskCallback, DiskError, type DiskFile } from '../../runtime/disk.ts'

export function haltingDisk(disk: Disk, halt: (error: DiskError) => never): Disk {
  return {
    open: (path, mode) => new HaltingFile(disk.open(path, mode), halt),
    list: directory => disk.list(directory),
    exists: path => disk.exists(path),
    makeDirectory: path => disk.makeDirectory(path),
    rename: (from, to) => disk.rename(from, to),
    remove: path => disk.remove(path),
    removeLater: path => disk.removeLater(path),
    syncDirectory: (directory, done) => disk.syncDirectory(directory, done),
    lock: directory => disk.lock(directory),
  }
}

class HaltingFile implements DiskFile {
  readonly #file: DiskFile
  readonly #halt: (error: DiskError) => never

  constructor(file: DiskFile, halt: (error: DiskError) => never) {
    this.#file = file
    this.#halt = halt
  }

  get path(): string {
    return this.#file.path
  }

  size(): number {
    return this.#file.size()
  }

  read(at: number, into: Uint8Array): number {
    try {
      return this.#file.read(at, into)
    } catch (error) {
      if (error instanceof DiskError) return this.#halt(error)
      throw error
    }
  }

  write(at: number, chunks: readonly Uint8Array[], done: DiskCallback): void {
    this.#file.write(at, chunks, done)
  }

  writeSynced(at: number, chunks: readonly Uint8Array[], done: DiskCallback): void {
    this.#file.writeSynced(at, chunks, done)
  }

  sync(done: DiskCallback): void {
    this.#file.sync(done)
  }

  truncate(size: number): void {
    this.#file.truncate(size)
  }

  close(): void {
    this.#file.close()
  }
}

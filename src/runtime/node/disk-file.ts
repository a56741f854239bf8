/**
 * One file. Operations that call back run one after the other, in the order of the calls: call-backs keep
 * that order for free, overlapping writes cannot race in the thread pool, and the descriptor is closed only
 * when nothing uses it any more (a number that is used again would send a late write into another file).
 */
import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  fsync,
  ftruncateSync,
  openSync,
  readSync,
  writev,
} from 'node:fs'
import { assert } from '../../core/assert.ts'
import type { DiskCallback, DiskFile, OpenMode } from '../disk.ts'
import { diskError, isTryAgain, onDisk } from './disk-error.ts'
import { TRY_AGAIN_MAX, WRITE_VECTOR_CHUNKS_MAX } from './limits.ts'

const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: constants.O_RDONLY,
  write: constants.O_RDWR,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
}

/** Absent where the system does not have it (Windows): then write and sync are two trips. */
const O_DSYNC: number | undefined = constants.O_DSYNC

type Operation = (done: DiskCallback) => void

export class NodeDiskFile implements DiskFile {
  readonly path: string
  readonly #descriptor: number
  /** A second descriptor on the same file whose writes are durable when they return. -1: cannot be had. */
  #syncedDescriptor: number | undefined
  readonly #queue: { readonly operation: Operation; readonly done: DiskCallback }[] = []
  #running = false
  #closed = false
  #truncated = false

  constructor(path: string, mode: OpenMode) {
    this.path = path
    this.#descriptor = onDisk(path, () => openSync(path, FLAGS[mode], 0o600))
  }

  size(): number {
    return onDisk(this.path, () => fstatSync(this.#descriptor).size)
  }

  read(at: number, into: Uint8Array): number {
    let count = this.#readSome(at, into)
    let more = count
    while (more > 0 && count < into.length) {
      more = this.#readSome(at + count, into.subarray(count))
      count += more
    }
    return count
  }

  write(at: number, chunks: readonly Uint8Array[], done: DiskCallback): void {
    this.#enqueue(written => this.#writeAll(this.#descriptor, at, chunks, written), done)
  }

  writeSynced(at: number, chunks: readonly Uint8Array[], done: DiskCallback): void {
    this.#enqueue(written => {
      // A vector beyond the kernel's limit would be several writes, and with O_DSYNC as many syncs.
      const descriptor = chunks.length <= WRITE_VECTOR_CHUNKS_MAX ? this.#openSynced() : -1
      if (descriptor >= 0 && !this.#truncated) return this.#writeAll(descriptor, at, chunks, written)
      this.#writeAll(this.#descriptor, at, chunks, error => {
        if (error !== null) written(error)
        else this.#syncAll(written)
      })
    }, done)
  }

  sync(done: DiskCallback): void {
    this.#enqueue(synced => this.#syncAll(synced), done)
  }

  truncate(size: number): void {
    assert(!this.#running, 'a file is truncated only while no write of it is under way')
    onDisk(this.path, () => ftruncateSync(this.#descriptor, size))
    this.#truncated = true
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (!this.#running) this.#release()
  }

  #readSome(at: number, into: Uint8Array): number {
    for (let attempt = 1; ; attempt++) {
      try {
        return readSync(this.#descriptor, into, 0, into.length, at)
      } catch (error) {
        if (!isTryAgain(error) || attempt === TRY_AGAIN_MAX) throw diskError(this.path, error)
      }
    }
  }

  #enqueue(operation: Operation, done: DiskCallback): void {
    assert(!this.#closed, 'a closed file is not used')
    this.#queue.push({ operation, done })
    if (!this.#running) this.#next()
  }

  #next(): void {
    const first = this.#queue.shift()
    this.#running = first !== undefined
    if (first === undefined) {
      if (this.#closed) this.#release()
      return
    }
    first.operation(error => {
      // The next one starts first, so that the disk is busy while the caller works. It cannot call back
      // before the caller returns: every operation ends in a later turn.
      this.#next()
      first.done(error)
    })
  }

  #writeAll(descriptor: number, at: number, chunks: readonly Uint8Array[], done: DiskCallback): void {
    let length = 0
    for (const chunk of chunks) length += chunk.length
    this.#writeSome(descriptor, at, chunks, length, 1, done)
  }

  #writeSome(
    descriptor: number,
    at: number,
    chunks: readonly Uint8Array[],
    length: number,
    attempt: number,
    done: DiskCallback,
  ): void {
    writev(descriptor, chunks as Uint8Array[], at, (error, count) => {
      if (error !== null && !(isTryAgain(error) && attempt < TRY_AGAIN_MAX)) {
        return done(diskError(this.path, error))
      }
      const written = error === null ? count : 0
      if (written === length) return done(null)
      const attempts = written > 0 ? 1 : attempt + 1
      if (attempts > TRY_AGAIN_MAX)
        return done(diskError(this.path, new Error('the disk takes no more bytes')))
      const rest = chunksAfter(chunks, written)
      this.#writeSome(descriptor, at + written, rest, length - written, attempts, done)
    })
  }

  /** `fdatasync` covers what is needed to read the bytes; after a truncation nothing less than all is safe. */
  #syncAll(done: DiskCallback): void {
    const sync = this.#truncated ? fsync : fdatasync
    sync(this.#descriptor, error => {
      if (error !== null) return done(diskError(this.path, error))
      this.#truncated = false
      done(null)
    })
  }

  #openSynced(): number {
    this.#syncedDescriptor ??= this.#tryOpenSynced()
    return this.#syncedDescriptor
  }

  /** The path may name another file by now, and a second descriptor would write into that one. */
  #tryOpenSynced(): number {
    if (O_DSYNC === undefined) return -1
    try {
      const descriptor = openSync(this.path, constants.O_RDWR | O_DSYNC)
      if (sameFile(fstatSync(descriptor), fstatSync(this.#descriptor))) return descriptor
      closeSync(descriptor)
    } catch {
      // Without it, a write and a sync do the same in two trips.
    }
    return -1
  }

  #release(): void {
    closeSync(this.#descriptor)
    if (this.#syncedDescriptor !== undefined && this.#syncedDescriptor >= 0) closeSync(this.#syncedDescriptor)
  }
}

interface FileIdentity {
  readonly dev: number
  readonly ino: number
}

function sameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.dev === b.dev && a.ino === b.ino
}

/** What is left of the chunks behind the first `count` bytes. */
function chunksAfter(chunks: readonly Uint8Array[], count: number): Uint8Array[] {
  const rest: Uint8Array[] = []
  for (const chunk of chunks) {
    if (count < chunk.length) rest.push(count > 0 ? chunk.subarray(count) : chunk)
    count = Math.max(0, count - chunk.length)
  }
  return rest
}

/** The file system as a `Disk`. */
import { closeSync, existsSync, fsync, openSync, readdirSync, renameSync, unlink, unlinkSync } from 'node:fs'
import type { Disk, DiskCallback } from '../disk.ts'
import { lockDirectory } from './directory-lock.ts'
import { diskError, errorCode, onDisk } from './disk-error.ts'
import { NodeDiskFile } from './disk-file.ts'
import { makeDirectory } from './make-directory.ts'

export function nodeDisk(): Disk {
  return {
    open: (path, mode) => new NodeDiskFile(path, mode),
    list,
    exists: path => existsSync(path),
    makeDirectory(path) {
      onDisk(path, () => makeDirectory(path))
    },
    rename(from, to) {
      onDisk(from, () => renameSync(from, to))
    },
    remove,
    removeLater(path) {
      unlink(path, () => {})
    },
    syncDirectory,
    lock: lockDirectory,
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory).sort()
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw diskError(directory, error)
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw diskError(path, error)
  }
}

function syncDirectory(directory: string, done: DiskCallback): void {
  let descriptor: number
  try {
    descriptor = openSync(directory, 'r')
  } catch (error) {
    const failure = diskError(directory, error)
    setImmediate(() => done(failure))
    return
  }
  fsync(descriptor, error => {
    closeSync(descriptor)
    done(error === null ? null : diskError(directory, error))
  })
}

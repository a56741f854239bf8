/**
 * Makes a directory and the parents that it lacks, one at a time. Node's `recursive` is not used: it reports a
 * read-only disk as a missing directory, and never ends below one that cannot be written, such as /proc.
 */
import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errorCode } from './disk-error.ts'

/** No error if it exists. */
export function makeDirectory(path: string, make: (path: string) => void = makePrivate): void {
  try {
    make(path)
  } catch (error) {
    if (isDirectory(path)) return
    const parent = dirname(path)
    if (errorCode(error) !== 'ENOENT' || parent === path || isDirectory(parent)) throw error
    makeDirectory(parent, make)
    makeDirectory(path, make)
  }
}

function makePrivate(path: string): void {
  mkdirSync(path, { mode: 0o700 })
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/**
 * Files as a loss of power may leave them: of the pages written since the last sync some are on the disk and
 * some are not. The system writes dirty pages in any order, so any choice of them may be what remains.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Random } from '../../src/core/prng.ts'
import { filesBelow } from './process-usage.ts'

const PAGE_BYTES = 4_096

export interface Loss {
  /** The files at the last sync, and those of the process that was stopped. */
  readonly synced: string
  readonly written: string
  /** Made anew. */
  readonly into: string
  /** Percent of the pages that are lost, of those in danger. */
  readonly percent: number
  /** Whether a file was synced by its owner before anything depended on it. */
  readonly isSafe: (file: string) => boolean
}

export function losePages({ synced, written, into, percent, isSafe }: Loss, random: Random): void {
  rmSync(into, { recursive: true, force: true })
  mkdirSync(into, { recursive: true })
  for (const entry of filesBelow(written)) {
    const path = join(entry.parentPath, entry.name)
    const name = relative(written, path)
    const before = join(synced, name)
    mkdirSync(dirname(join(into, name)), { recursive: true })
    if (isSafe(entry.name)) copyFileSync(path, join(into, name))
    else if (existsSync(before)) {
      writeFileSync(join(into, name), mixed(readFileSync(before), readFileSync(path), percent, random))
    } else if (!random.chance(percent, 100)) {
      // Its name was durable, or became so in time.
      writeFileSync(join(into, name), mixed(new Uint8Array(0), readFileSync(path), percent, random))
    }
  }
}

/** Lost pages are as they were; beyond the old end they are zeros, or the file ends before them. */
function mixed(before: Uint8Array, after: Uint8Array, percent: number, random: Random): Uint8Array {
  const result = after.slice()
  for (let at = 0; at < after.length; at += PAGE_BYTES) {
    const end = Math.min(after.length, at + PAGE_BYTES)
    const old = before.subarray(at, end)
    if (Buffer.compare(old, after.subarray(at, end)) === 0 || !random.chance(percent, 100)) continue
    result.fill(0, at, end)
    result.set(old, at)
  }
  if (after.length <= before.length || !random.chance(percent, 100)) return result
  const pages = Math.ceil((after.length - before.length) / PAGE_BYTES)
  return result.subarray(0, Math.min(after.length, before.length + random.below(pages + 1) * PAGE_BYTES))
}

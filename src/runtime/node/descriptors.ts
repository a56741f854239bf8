/** How many files and sockets the system lets this process hold at the same time. */
import { readFileSync } from 'node:fs'

/** Where the system does not say: what most processes begin with. */
const OPEN_FILES_ASSUMED = 1_024

/**
 * The soft limit on descriptors (RLIMIT_NOFILE), which Node.js has raised to the hard one before any of our code
 * runs. There is no getrlimit: Linux tells it in a file; elsewhere, and without /proc, a careful guess.
 */
export function openFilesMax(): number {
  return openFilesMaxOf(readLimits())
}

/** @param limits is what Linux writes to /proc/self/limits: a line per limit, soft before hard. */
export function openFilesMaxOf(limits: string): number {
  const soft = /^Max open files +(\d+) /m.exec(limits)?.[1]
  return soft === undefined ? OPEN_FILES_ASSUMED : Number(soft)
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8')
  } catch {
    return ''
  }
}

/** What the system knows of this process and its files. Linux only. */
import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Bytes that this process made the system write, or will; a page that is dirty and dirtied again counts once. */
export function writtenBytes(): number {
  return numberIn('/proc/self/io', /^write_bytes: (\d+)$/m)
}

/** Memory in MiB: all of it, that which no file stands behind, and the most that there ever was. */
export function residentMiB(): { readonly all: number; readonly anonymous: number; readonly peak: number } {
  const read = (field: string): number =>
    numberIn('/proc/self/status', new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm')) / 1024
  return { all: read('VmRSS'), anonymous: read('RssAnon'), peak: read('VmHWM') }
}

/** Processor time of all threads. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/** Of one operation: by the clock, and of the processor, which says more on a busy machine. */
export interface ReadCost {
  readonly micros: number
  readonly cpuMicros: number
}

/** Begins to measure; what it returns ends that, and tells what each of so many operations cost. */
export function stopwatch(): (operations: number) => ReadCost {
  const start = performance.now()
  const cpu = cpuMs()
  return operations => ({
    micros: ((performance.now() - start) * 1_000) / operations,
    cpuMicros: ((cpuMs() - cpu) * 1_000) / operations,
  })
}

/** What the files below take on the disk; holes do not count. */
export function diskBytes(directory: string): number {
  let bytes = 0
  for (const entry of filesBelow(directory)) {
    // A merge may remove what was just listed.
    bytes += (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.blocks ?? 0) * 512
  }
  return bytes
}

export function filesBelow(directory: string): Dirent[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
}

function numberIn(path: string, pattern: RegExp): number {
  const found = pattern.exec(readFileSync(path, 'utf8'))
  if (found === null) throw new Error(`${path} does not say ${pattern}`)
  return Number(found[1])
}

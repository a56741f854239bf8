import { readdirSync } from 'node:fs'
import type { ProcessUsage } from '../process-usage.ts'
import { openFilesMax } from './descriptors.ts'

/** Asked whenever somebody scrapes: it costs a directory to be listed. */
export function processUsage(): ProcessUsage {
  const { user, system } = process.cpuUsage()
  return {
    residentMemoryBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1e6,
    startedAtSeconds: Math.round(performance.timeOrigin) / 1_000,
    openFiles: openFiles(),
    openFilesMax: openFilesMax(),
  }
}

/** Linux lists them; other systems have no such place. */
function openFiles(): number | undefined {
  try {
    // The one that lists them counts too, and is closed by then.
    return readdirSync('/proc/self/fd').length - 1
  } catch {
    return undefined
  }
}

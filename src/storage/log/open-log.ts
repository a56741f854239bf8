/** Opens a node's log: reads what is there, judges it, makes it fit to be continued. */
import { assert } from '../../core/assert.ts'
import type { Checksum } from '../../core/crc32c.ts'
import type { Doubt } from '../../core/log-update.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Disk } from '../../runtime/disk.ts'
import type { Logger } from '../../runtime/logger.ts'
import { logFailed } from './errors.ts'
import { LOG_LIMITS, type LogLimits, ZERO_SLICE_BYTES } from './limits.ts'
import type { Log } from './log.ts'
import { findLog, rewriteLastBatch } from './recovery.ts'
import { WriteAheadLog } from './write-ahead-log.ts'

export interface LogOptions {
  readonly disk: Disk
  /** Holds nothing but the log. Made if it does not exist. */
  readonly directory: string
  /**
   * The doubt in which groups are where no log is found and one is begun. Absent if there must be one, because somebody
   * may rely on what it has said: then one that is not there was lost.
   */
  readonly beginsIn?: Doubt | undefined
  readonly clock: Clock
  readonly checksum: Checksum
  readonly log: Logger
  /** Unpredictable bytes, for salts. */
  entropy(count: number): Uint8Array
  /** Called once, with `QUORATE_LOG_WRITE_FAILED`, `..._READ_FAILED`, `..._DAMAGED` or `QUORATE_DISK_FULL`. */
  halt(reason: Error): never
  readonly limits: LogLimits
}

/**
 * Calls back once the log is ready; everything that it then reports as recovered is durable. Throws
 * `QUORATE_LOG_DAMAGED` (without having changed anything on the disk) or `QUORATE_LOG_FORMAT` if the node must
 * not start; a write that fails halts the node.
 */
export function openLog(
  options: Omit<LogOptions, 'limits'> & { readonly limits?: Partial<LogLimits> },
  opened: (log: Log) => void,
): void {
  const complete: LogOptions = { ...options, limits: { ...LOG_LIMITS, ...options.limits } }
  checkLimits(complete.limits)
  const { disk, directory, log: logger } = complete
  const isNew = !disk.exists(directory)
  const found = findLog(complete)
  disk.makeDirectory(directory)
  const log = new WriteAheadLog(complete, found.state, found.segments, found.isMarkedEnd)
  const ready = () => {
    logger.info('log opened', { segment: found.segments.active?.header.sequence ?? 0, tail: found.tail })
    opened(log)
  }
  const roll = () => {
    // The new segment says where the old one ends: what was discarded there can never come back.
    if (found.tail === 'ambiguous') found.state.raiseDoubt('tail')
    if (found.tail === 'new') found.state.raiseDoubt(complete.beginsIn!)
    log.roll(ready)
  }
  const durable = () => {
    for (const path of found.leftovers) disk.removeLater(path)
    if (found.tail === 'clean') ready()
    else roll()
  }
  syncNames(complete, isNew, () => rewriteLastBatch(complete, found, durable))
}

function checkLimits({ alignmentBytes, segmentBytes, firstSegmentBytes }: LogLimits): void {
  assert(alignmentBytes >= 64 && alignmentBytes % 4 === 0, 'a block holds a header')
  assert(alignmentBytes <= ZERO_SLICE_BYTES, 'a block is padded with one slice of zeros')
  for (const bytes of [segmentBytes, firstSegmentBytes]) {
    assert(bytes % alignmentBytes === 0 && bytes >= 8 * alignmentBytes, 'a segment has a few whole blocks')
  }
}

/** The last process may have died between giving a file its name and making the name durable. */
function syncNames({ disk, directory, halt }: LogOptions, isNew: boolean, done: () => void): void {
  const directories = isNew ? [parentOf(directory), directory] : [directory]
  const next = () => {
    const first = directories.shift()
    if (first === undefined) return done()
    disk.syncDirectory(first, error => {
      if (error !== null) halt(logFailed('write', first, error))
      next()
    })
  }
  next()
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash > 0 ? path.slice(0, slash) : slash === 0 ? '/' : '.'
}

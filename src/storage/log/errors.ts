/** The log's errors, by code. All of them stop the node. */
import { QuorateError } from '../../core/errors.ts'
import type { DiskError } from '../../runtime/disk.ts'

/** Told where there is no other member, or when the next start repairs it. */
const REPAIR =
  'A member of several is repaired from the others when it is started. Alone, restore its directory from a backup.'

/**
 * `QUORATE_LOG_DAMAGED`: bytes that had been made durable are not what was written. The node must not go on:
 * what it promised or acknowledged may be among them. Nothing on the disk was changed.
 */
export function logDamaged(path: string, offset: number, what: string): QuorateError {
  return new QuorateError(
    'QUORATE_LOG_DAMAGED',
    `the log is damaged: ${path} at offset ${offset}: ${what}`,
    'refused',
    { hint: REPAIR },
  )
}

/**
 * `QUORATE_LOG_DAMAGED` again: the whole log is gone. To begin a new one would be to vote as if the node had never
 * voted, and to lose what it acknowledged for the whole cluster.
 */
export function logGone(directory: string): QuorateError {
  return new QuorateError(
    'QUORATE_LOG_DAMAGED',
    `the log is gone: no segment of it is in ${directory}, and this member has kept its promises there`,
    'refused',
    { hint: REPAIR },
  )
}

/** `QUORATE_LOG_FORMAT`: a newer version of Quorate wrote this log. */
export function logFormatUnknown(path: string, version: number): QuorateError {
  return new QuorateError(
    'QUORATE_LOG_FORMAT',
    `${path} is of format version ${version}, which this version of Quorate does not know`,
    'refused',
    { hint: 'Start the version that wrote it, or a newer one.' },
  )
}

/**
 * `QUORATE_DISK_FULL`, `QUORATE_LOG_READ_FAILED` or `QUORATE_LOG_WRITE_FAILED`: after a failed write or sync
 * nobody knows what is on the disk, and a second sync may report success without having written anything.
 */
export function logFailed(doing: 'read' | 'write', path: string, cause: DiskError): QuorateError {
  if (cause.kind === 'full') {
    return new QuorateError('QUORATE_DISK_FULL', `no space left for the log: ${path}`, 'unknown', {
      hint: 'Free some space, then start the node again.',
      cause,
    })
  }
  const code = doing === 'read' ? 'QUORATE_LOG_READ_FAILED' : 'QUORATE_LOG_WRITE_FAILED'
  return new QuorateError(code, `cannot ${doing} the log: ${path}: ${cause.message}`, 'unknown', {
    hint: 'Check the disk before the node is started again.',
    cause,
  })
}

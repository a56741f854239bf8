import { QuorateError } from '../../core/errors.ts'
import type { DiskError } from '../../runtime/disk.ts'

/** `QUORATE_STORE_FAILED`: the disk failed under an open store in a way that nobody can vouch for. */
export function storeFailed(doing: 'read' | 'write', cause: DiskError): QuorateError {
  return new QuorateError(
    'QUORATE_STORE_FAILED',
    `the store cannot ${doing} ${cause.path}: ${cause.message}`,
    'unknown',
    { hint: 'Check the disk, and start the node again: what the store lacks, the log has.', cause },
  )
}

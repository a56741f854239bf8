/** The store's errors, by code. None of them leaves a store that may be used. */
import { QuorateError } from '../../core/errors.ts'
import type { DiskError } from '../../runtime/disk.ts'
import type { StoreDamage } from '../../runtime/store.ts'

/** Told where there is no other member, or when the next start repairs it. */
const REPAIR =
  'A member of several is repaired from the others when it is started. Alone, restore its directory from a backup.'

/** `QUORATE_STORE_DAMAGED`: the manifest or a table is not what was written. Nothing of it is served. */
export function storeDamaged({ file, offsetBytes, what }: StoreDamage): QuorateError {
  return new QuorateError(
    'QUORATE_STORE_DAMAGED',
    `the store is damaged: ${file} at offset ${offsetBytes}: ${what}`,
    'refused',
    { hint: REPAIR },
  )
}

/** `QUORATE_STORE_DAMAGED` of a store of which an earlier process left word (`damage-note.ts`). */
export function storeDamagedBefore(directory: string): QuorateError {
  return new QuorateError(
    'QUORATE_STORE_DAMAGED',
    `the store in ${directory} is damaged: that was met while the node ran, and its log said where`,
    'refused',
    { hint: REPAIR },
  )
}

/** `QUORATE_STORE_DAMAGED` of a whole store that was looked through, when each damage has been told. */
export function storeDamagedInPlaces(directory: string, count: number): QuorateError {
  const places = count === 1 ? 'one place' : `${count} places`
  return new QuorateError(
    'QUORATE_STORE_DAMAGED',
    `the store in ${directory} is damaged in ${places}`,
    'refused',
    { hint: REPAIR },
  )
}

/** `QUORATE_STORE_FORMAT`: a newer version of Quorate wrote this file. */
export function storeFormatUnknown(file: string, version: number): QuorateError {
  return new QuorateError(
    'QUORATE_STORE_FORMAT',
    `${file} is of format version ${version}, which this version of Quorate does not know`,
    'refused',
    { hint: 'Start the version that wrote it, or a newer one.' },
  )
}

/** `QUORATE_STORE_FORMAT`: this file is of a version of Quorate whose store was in memory. */
export function storeOfOldVersion(file: string): QuorateError {
  return new QuorateError(
    'QUORATE_STORE_FORMAT',
    `${file} is a store of an earlier version of Quorate, which this version cannot read`,
    'refused',
    {
      hint:
        'Start the version that wrote it; or remove this member from the cluster, delete its data directory, ' +
        'and add it again as a new member.',
    },
  )
}

/** `QUORATE_STORE_OPEN_FAILED`: the disk does not let the store be opened. */
export function storeOpenFailed(directory: string, cause: DiskError): QuorateError {
  return new QuorateError(
    'QUORATE_STORE_OPEN_FAILED',
    `cannot open the store in ${directory}: ${cause.message}`,
    'refused',
    { hint: 'Check the disk and the rights to the directory.', cause },
  )
}

/** `QUORATE_STORE_FAILED`: the disk failed under an open store in a way that nobody can vouch for. */
export function storeFailed(doing: 'read' | 'write', cause: DiskError): QuorateError {
  return new QuorateError(
    'QUORATE_STORE_FAILED',
    `the store cannot ${doing} ${cause.path}: ${cause.message}`,
    'unknown',
    { hint: 'Check the disk, and start the node again: what the store lacks, the log has.', cause },
  )
}

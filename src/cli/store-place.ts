/** Where the store is that a command is to look at, held so that no node starts on it meanwhile. */
import { dirname, join, normalize, resolve } from 'node:path'
import { QuorateError } from '../core/errors.ts'
import { type Disk, DiskError, type DiskLock } from '../runtime/disk.ts'
import { nodeChecksum, nodeClock, nodeDisk } from '../runtime/node/index.ts'
import { storeDirectoryIn } from '../storage/data-directory.ts'
import { directoryFailed } from '../storage/data-directory-errors.ts'
import { holdsStore } from '../storage/store/inspect-store.ts'
import type { StorePlace } from '../storage/store/manifest-file.ts'

/** The file that whoever uses a data directory has locked: where it is not, nobody does. */
const LOCK_FILE = 'LOCK'

/**
 * Runs `use` with the store in a node's data directory, or in the directory itself. Nothing is made there and nothing
 * changed, but for the process id in the lock's file if a node left one. Throws `QUORATE_DATA_DIR_LOCKED` if a living
 * process uses it, and `..._UNREADABLE`; whether there is a store is for `use` to say.
 */
export function withStore<Result>(given: string, use: (place: StorePlace) => Result): Result {
  const disk = nodeDisk()
  const directory = normalize(given).replace(/(?<=.)\/+$/, '')
  try {
    const within = storeDirectoryIn(disk, directory, nodeChecksum())
    const isDataDirectory = holdsStore(disk, within)
    const lock = takeLock(disk, isDataDirectory ? directory : dirname(resolve(directory)))
    try {
      const place = { disk, clock: nodeClock(), checksum: nodeChecksum() }
      return use({ ...place, directory: isDataDirectory ? within : directory })
    } finally {
      lock?.release()
    }
  } catch (error) {
    throw error instanceof DiskError ? directoryFailed(directory, error) : error
  }
}

/** Undefined where there is none to take, and nobody who could hold it. */
function takeLock(disk: Disk, directory: string): DiskLock | undefined {
  if (!disk.exists(join(directory, LOCK_FILE))) return undefined
  try {
    return disk.lock(directory)
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    // No node runs on a file system that cannot be written to.
    if (error.kind === 'readOnly') return undefined
    if (error.kind === 'locked') throw inUse(directory, error)
    throw error
  }
}

function inUse(directory: string, cause: DiskError): QuorateError {
  const { code, message } = directoryFailed(directory, cause)
  return new QuorateError(code, message, 'refused', {
    hint: 'Stop the process that uses it, or look at a copy.',
    cause,
  })
}

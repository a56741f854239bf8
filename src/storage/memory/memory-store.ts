/** Opens a store in memory from its checkpoint on disk, if there is one. */
import { QuorateError } from '../../core/errors.ts'
import { DiskError } from '../../runtime/disk.ts'
import type { Store } from '../../runtime/store.ts'
import { parentOf } from '../path.ts'
import { storeOpenFailed } from '../store/errors.ts'
import { CheckpointLoader } from './checkpoint-loader.ts'
import { CheckpointReader } from './checkpoint-reader.ts'
import { CHECKPOINT_FILE, NEW_CHECKPOINT_FILE } from './checkpoint-writer.ts'
import { TreeStore, type TreeStoreOptions } from './tree-store.ts'

/**
 * Calls back, in a later turn, with the store; or with why there is none: `QUORATE_STORE_DAMAGED` (nothing on
 * the disk was changed but for what an interrupted checkpoint left), `QUORATE_STORE_FORMAT`,
 * `QUORATE_STORE_OPEN_FAILED`. The directory is made if it does not exist, and holds nothing else. Whether an
 * empty store may be one that was lost is for the caller to know: the log's base says what a store must hold.
 */
export function openMemoryStore(
  options: TreeStoreOptions,
  opened: (outcome: Store | QuorateError) => void,
): void {
  const { disk, directory, clock } = options
  const finish = (outcome: TreeStore | QuorateError): void => {
    clock.soon(() => opened(outcome))
  }
  const attempt = (step: () => void): void => {
    try {
      step()
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      finish(storeOpenFailed(directory, error))
    }
  }
  const load = (): void => {
    const path = `${directory}/${CHECKPOINT_FILE}`
    if (!disk.exists(path)) return finish(new TreeStore(options, undefined))
    const reader = new CheckpointReader(disk, path, options.checksum)
    const loader = new CheckpointLoader(reader)
    const step = (): void => {
      const content = loader.step()
      if (content === undefined) return clock.nextTurn(() => attempt(step))
      reader.close()
      if (content instanceof QuorateError) return finish(content)
      const { number } = reader
      options.logger.info('store loaded', { checkpoint: number, pairs: content.count, bytes: content.bytes })
      finish(new TreeStore(options, { number, content }))
    }
    step()
  }
  attempt(() => {
    const isNew = !disk.exists(directory)
    disk.makeDirectory(directory)
    disk.remove(`${directory}/${NEW_CHECKPOINT_FILE}`)
    // The last process may have died between the rename of a checkpoint and the sync of its name: what is
    // served from now on must be what a power loss leaves.
    syncAll(isNew ? [parentOf(directory), directory] : [directory], error => {
      if (error === null) attempt(load)
      else finish(storeOpenFailed(directory, error))
    })
  })

  function syncAll(directories: readonly string[], done: (error: DiskError | null) => void): void {
    const [first, ...rest] = directories
    if (first === undefined) return done(null)
    disk.syncDirectory(first, error => (error === null ? syncAll(rest, done) : done(error)))
  }
}

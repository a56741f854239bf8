/** Our own store, as a node opens it; or with a cache that holds all of the bench's data, as LMDB's map does. */
import type { StoreLimits } from '../../src/storage/store/setting.ts'
import { openStoreOnDisk } from '../store-on-disk.ts'
import type { Engine, EngineKind } from './engine.ts'

const LARGE_CACHE_BYTES = 2 ** 30

async function openQuorate(directory: string, limits?: Partial<StoreLimits>): Promise<Engine> {
  const store = await openStoreOnDisk(`${directory}/quorate`, limits)
  return {
    write(operations) {
      const batch = store.batch()
      for (const { key, value, known } of operations) {
        if (value === undefined) batch.delete(key, known)
        else batch.put(key, value, known)
      }
      batch.commit()
    },
    get: key => store.get(key),
    scan(range, direction, limit, visit) {
      const cursor = store.scan(range, direction)
      for (let left = limit; left > 0 && cursor.next(); left--) visit(cursor.key, cursor.value)
    },
    count: range => store.count(range),
    checkpoint: () =>
      new Promise((resolve, reject) =>
        store.checkpoint(error => (error === null ? resolve() : reject(error))),
      ),
    get isDue() {
      return store.checkpointDue
    },
    relief: () => (store.isCongested ? new Promise(resolve => store.whenRelieved(resolve)) : undefined),
    close: () => new Promise(resolve => store.close(resolve)),
  }
}

/** What is named is synced first; what is still being made has another name until then. */
const syncsByItself = (file: string): boolean => !file.endsWith('.new')

export const quorate: EngineKind = { open: directory => openQuorate(directory), syncsByItself }

export const quorateLargeCache: EngineKind = {
  open: directory => openQuorate(directory, { cacheBytes: LARGE_CACHE_BYTES }),
  syncsByItself,
}

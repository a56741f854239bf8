/** The store as a node keeps it, on the real disk, without the node around it. */
import { QuorateError } from '../src/core/errors.ts'
import { silentLogger } from '../src/runtime/logger.ts'
import { nodeChecksum } from '../src/runtime/node/checksum.ts'
import { nodeClock } from '../src/runtime/node/clock.ts'
import { nodeDisk } from '../src/runtime/node/disk.ts'
import { threadJobs } from '../src/runtime/node/thread-jobs.ts'
import type { Store } from '../src/runtime/store.ts'
// The one line that says which store is measured.
import { openStore } from '../src/storage/store/open-store.ts'
import type { StoreLimits } from '../src/storage/store/setting.ts'

/** Rejects with what the store is refused with. What would halt a node is thrown. */
export function openStoreOnDisk(directory: string, limits: Partial<StoreLimits> = {}): Promise<Store> {
  const place = { disk: nodeDisk(), clock: nodeClock(), checksum: nodeChecksum(), directory }
  const halt = (reason: Error): never => {
    throw reason
  }
  return new Promise((resolve, reject) => {
    const jobs = threadJobs({ entry: new URL('./jobs-thread.mjs', import.meta.url), halt })
    openStore({ ...place, limits, jobs, logger: silentLogger, halt }, outcome =>
      outcome instanceof QuorateError ? reject(outcome) : resolve(outcome),
    )
  })
}

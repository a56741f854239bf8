/** Opens what a node keeps on disk: its directory, its log, its store. */
import { QuorateError } from '../core/errors.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Store } from '../runtime/store.ts'
import { type DataDirectory, openDataDirectory } from '../storage/data-directory.ts'
import type { LogLimits } from '../storage/log/limits.ts'
import type { Log } from '../storage/log/log.ts'
import { openLog } from '../storage/log/open-log.ts'
import { openMemoryStore } from '../storage/memory/memory-store.ts'
import type { NodeIdentity } from '../storage/node-identity.ts'

export interface NodeStorage {
  readonly log: Log
  readonly store: Store
  /** Gives the directory free for another process. */
  release(): void
}

/** Throws errors with codes for whatever keeps the node from using its directory. */
export async function openNodeStorage(
  runtime: Runtime,
  directory: string,
  identity: NodeIdentity,
  logLimits: Partial<LogLimits> = {},
): Promise<NodeStorage> {
  const place = await openDirectory(runtime, directory, identity)
  try {
    const store = await openStore(runtime, place.storeDirectory)
    const log = await openNodeLog(runtime, place.logDirectory, logLimits)
    return { log, store, release: () => place.release() }
  } catch (error) {
    place.release()
    throw error
  }
}

function openDirectory(
  { disk, checksum }: Runtime,
  directory: string,
  identity: NodeIdentity,
): Promise<DataDirectory> {
  return new Promise((resolve, reject) => {
    openDataDirectory({ disk, checksum, directory, identity }, outcome =>
      outcome instanceof QuorateError ? reject(outcome) : resolve(outcome),
    )
  })
}

function openStore({ disk, clock, checksum, log: logger }: Runtime, directory: string): Promise<Store> {
  return new Promise((resolve, reject) => {
    openMemoryStore({ disk, clock, checksum, logger, directory }, outcome =>
      outcome instanceof QuorateError ? reject(outcome) : resolve(outcome),
    )
  })
}

function openNodeLog(runtime: Runtime, directory: string, limits: Partial<LogLimits>): Promise<Log> {
  const { disk, clock, checksum, log } = runtime
  return new Promise(resolve => {
    const entropy = (count: number): Uint8Array => runtime.entropy(count)
    const halt = (reason: Error): never => runtime.halt(reason)
    openLog({ disk, clock, checksum, log, directory, entropy, halt, limits }, resolve)
  })
}

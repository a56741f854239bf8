/** Opens what a node keeps on disk: its directory, its log, its store. */
import { QuorateError } from '../core/errors.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { type DataDirectory, openDataDirectory } from '../storage/data-directory.ts'
import type { LogLimits } from '../storage/log/limits.ts'
import type { Log } from '../storage/log/log.ts'
import { openLog } from '../storage/log/open-log.ts'
import type { NodeIdentity } from '../storage/node-identity.ts'
import type { LsmStore } from '../storage/store/lsm-store.ts'
import { openStore } from '../storage/store/open-store.ts'
import type { StoreLimits } from '../storage/store/setting.ts'

/** What of the world it needs. */
type StorageRuntime = Omit<Runtime, 'network' | 'random'>

/** What no operator sets. Tests do, to meet every edge with little data. */
export interface StorageTuning {
  readonly logLimits?: Partial<LogLimits>
  readonly storeLimits?: Partial<StoreLimits>
}

export interface NodeStorage {
  readonly log: Log
  readonly store: LsmStore
  /** Closes both, and then gives the directory free for another process. */
  close(): Promise<void>
}

/**
 * A new directory is claimed once its log is there, before anybody is handed it: so in a claimed one a log that is
 * missing was lost, whenever the power failed. The store comes last, because it may be begun again: whether it
 * lacks anything, the log knows. Throws errors with codes for whatever keeps the node from using its directory.
 */
export async function openNodeStorage(
  runtime: StorageRuntime,
  directory: string,
  identity: NodeIdentity,
  { logLimits = {}, storeLimits = {} }: StorageTuning = {},
): Promise<NodeStorage> {
  const place = await openDirectory(runtime, directory, identity)
  try {
    const log = await openNodeLog(runtime, place, logLimits)
    await claim(place)
    const store = await openNodeStore(runtime, place.storeDirectory, storeLimits)
    return { log, store, close: () => close(log, store, place) }
  } catch (error) {
    place.release()
    throw error
  }
}

async function close(log: Log, store: LsmStore, place: DataDirectory): Promise<void> {
  await new Promise<void>(resolve => log.close(resolve))
  await new Promise<void>(resolve => store.close(resolve))
  place.release()
}

function openDirectory(
  { disk, checksum }: StorageRuntime,
  directory: string,
  identity: NodeIdentity,
): Promise<DataDirectory> {
  return new Promise((resolve, reject) => {
    openDataDirectory({ disk, checksum, directory, identity }, outcome =>
      outcome instanceof QuorateError ? reject(outcome) : resolve(outcome),
    )
  })
}

/** Needs nothing of the data directory around it. Throws what the store is refused with. */
export function openNodeStore(
  runtime: StorageRuntime,
  directory: string,
  limits: Partial<StoreLimits> = {},
): Promise<LsmStore> {
  const { disk, clock, checksum, jobs, log: logger } = runtime
  const halt = (reason: Error): never => runtime.halt(reason)
  return new Promise((resolve, reject) => {
    openStore({ disk, clock, checksum, jobs, logger, directory, halt, limits }, outcome =>
      outcome instanceof QuorateError ? reject(outcome) : resolve(outcome),
    )
  })
}

function claim(place: DataDirectory): Promise<void> {
  return new Promise((resolve, reject) => {
    place.claim(error => (error === null ? resolve() : reject(error)))
  })
}

function openNodeLog(
  runtime: StorageRuntime,
  { logDirectory: directory, isNew }: DataDirectory,
  limits: Partial<LogLimits>,
): Promise<Log> {
  const { disk, clock, checksum, log } = runtime
  return new Promise(resolve => {
    const entropy = (count: number): Uint8Array => runtime.entropy(count)
    const halt = (reason: Error): never => runtime.halt(reason)
    openLog({ disk, clock, checksum, log, directory, mustExist: !isNew, entropy, halt, limits }, resolve)
  })
}

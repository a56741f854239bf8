/**
 * Opens what a node keeps on disk: its directory, its log, its store. What is damaged is begun anew, in doubt, if the
 * node has peers to ask for it; see `docs/decisions/0007-repair-from-peers.md`.
 */
import { QuorateError } from '../core/errors.ts'
import type { Doubt } from '../core/log-update.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { type DataDirectory, openDataDirectory, type Parts } from '../storage/data-directory.ts'
import type { LogLimits } from '../storage/log/limits.ts'
import type { Log } from '../storage/log/log.ts'
import { openLog } from '../storage/log/open-log.ts'
import type { NodeIdentity } from '../storage/node-identity.ts'
import { isDamageNoted } from '../storage/store/damage-note.ts'
import { storeDamagedBefore } from '../storage/store/errors.ts'
import type { LsmStore } from '../storage/store/lsm-store.ts'
import { openStore } from '../storage/store/open-store.ts'
import type { StoreLimits } from '../storage/store/setting.ts'

/** What of the world it needs. */
type StorageRuntime = Omit<Runtime, 'network' | 'random' | 'passwordKey'>

/** What no operator sets. Tests do, to meet every edge with little data. */
export interface StorageTuning {
  readonly logLimits?: Partial<LogLimits>
  readonly storeLimits?: Partial<StoreLimits>
}

/** Where it is, and whose. */
export interface StoragePlace {
  readonly directory: string
  readonly identity: NodeIdentity
  /** Whether others hold what this member has promised and applied: only then damage can be repaired. */
  readonly hasPeers: boolean
  /** What a log that begins in an empty directory may lack. */
  readonly beginsIn: Doubt
}

export interface NodeStorage {
  readonly log: Log
  readonly store: LsmStore
  /** Removes what was set aside as damaged: the member holds again what it held there, or its room is needed. */
  discardSetAside(): void
  /** Gives the directory to the same member of another cluster. */
  recast(identity: NodeIdentity): Promise<void>
  /** Closes both, and then gives the directory free for another process. */
  close(): Promise<void>
}

/** An error that says that something on the disk is not what was written there. */
const DAMAGES: Readonly<Record<string, Parts>> = {
  QUORATE_LOG_DAMAGED: 'log',
  QUORATE_STORE_DAMAGED: 'logAndStore',
  QUORATE_STORE_BEHIND_LOG: 'logAndStore',
}

/** Whether repair from peers is what helps. */
export function isDamage(error: unknown): error is QuorateError {
  return error instanceof QuorateError && error.code in DAMAGES
}

/**
 * A new directory is claimed once its log is there, before anybody is handed it: so in a claimed one a log that is
 * missing was lost, whenever the power failed. The store comes last, because it may be begun again: whether it
 * lacks anything, the log knows. Throws errors with codes for whatever keeps the node from using its directory.
 *
 * @param met damage that whoever used this storage before has met.
 */
export async function openNodeStorage(
  runtime: StorageRuntime,
  place: StoragePlace,
  tuning: StorageTuning = {},
  met?: QuorateError,
): Promise<NodeStorage> {
  const directory = await openDirectory(runtime, place)
  try {
    if (met !== undefined) return await beginAnew(runtime, directory, tuning, met)
    try {
      return await openParts(runtime, directory, place, tuning)
    } catch (error) {
      if (!place.hasPeers || !isDamage(error)) throw error
      return await beginAnew(runtime, directory, tuning, error)
    }
  } catch (error) {
    directory.release()
    throw error
  }
}

async function openParts(
  runtime: StorageRuntime,
  directory: DataDirectory,
  { hasPeers, beginsIn }: StoragePlace,
  { logLimits, storeLimits }: StorageTuning,
): Promise<NodeStorage> {
  const { isNew, storeDirectory } = directory
  if (hasPeers && isDamageNoted(runtime.disk, storeDirectory)) throw storeDamagedBefore(storeDirectory)
  const log = await openNodeLog(runtime, directory, isNew ? beginsIn : undefined, logLimits)
  try {
    await claim(directory)
    const store = await openNodeStore(runtime, storeDirectory, storeLimits)
    return storageOf(log, store, directory)
  } catch (error) {
    await closeLog(log)
    throw error
  }
}

/**
 * Sets aside what is damaged and begins it anew. A log that begins so says, from its first durable byte on, that
 * anything may be missing; with that the directory is switched over. Wherever that is cut short, the next start
 * meets the same damage, or the switch is done.
 */
async function beginAnew(
  runtime: StorageRuntime,
  damaged: DataDirectory,
  { logLimits, storeLimits }: StorageTuning,
  reason: QuorateError,
): Promise<NodeStorage> {
  const parts = await damagedParts(runtime, damaged, storeLimits, reason)
  runtime.log.error('damage on disk: what is damaged is set aside, and the other members are asked for it', {
    error: reason.message,
    code: reason.code,
    setAside: parts === 'log' ? damaged.logDirectory : `${damaged.logDirectory} ${damaged.storeDirectory}`,
  })
  const directory = await beginParts(damaged, parts)
  const log = await openNodeLog(runtime, directory, 'lost', logLimits)
  try {
    await claim(directory)
    const store = await openNodeStore(runtime, directory.storeDirectory, storeLimits)
    return storageOf(log, store, directory)
  } catch (error) {
    await closeLog(log)
    throw error
  }
}

/** A damaged log alone is begun anew beside its store, if that is sound as far as opening it tells. */
async function damagedParts(
  runtime: StorageRuntime,
  { storeDirectory }: DataDirectory,
  limits: Partial<StoreLimits> | undefined,
  { code }: QuorateError,
): Promise<Parts> {
  if (DAMAGES[code] !== 'log') return 'logAndStore'
  try {
    const store = await openNodeStore(runtime, storeDirectory, limits)
    await closeStore(store)
    return 'log'
  } catch (error) {
    if (!isDamage(error)) throw error
    return 'logAndStore'
  }
}

function storageOf(log: Log, store: LsmStore, directory: DataDirectory): NodeStorage {
  return {
    log,
    store,
    discardSetAside: () => directory.discardSetAside('later'),
    recast: identity => claim(directory.recast(identity)),
    close: async () => {
      await closeLog(log)
      await closeStore(store)
      directory.release()
    },
  }
}

function closeLog(log: Log): Promise<void> {
  return new Promise(resolve => log.close(resolve))
}

function closeStore(store: LsmStore): Promise<void> {
  return new Promise(resolve => store.close(resolve))
}

function openDirectory(
  { disk, checksum }: StorageRuntime,
  { directory, identity }: StoragePlace,
): Promise<DataDirectory> {
  return new Promise((resolve, reject) => {
    openDataDirectory({ disk, checksum, directory, identity }, outcome =>
      outcome instanceof QuorateError ? reject(outcome) : resolve(outcome),
    )
  })
}

function beginParts(directory: DataDirectory, parts: Parts): Promise<DataDirectory> {
  return new Promise((resolve, reject) => {
    directory.beginAnew(parts, outcome =>
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

function claim(directory: DataDirectory): Promise<void> {
  return new Promise((resolve, reject) => {
    directory.claim(error => (error === null ? resolve() : reject(error)))
  })
}

/** A log that finds no room takes that of what was set aside, for the next start. */
function openNodeLog(
  runtime: StorageRuntime,
  place: DataDirectory,
  beginsIn: Doubt | undefined,
  limits: Partial<LogLimits> = {},
): Promise<Log> {
  const { disk, clock, checksum, log } = runtime
  return new Promise(resolve => {
    const entropy = (count: number): Uint8Array => runtime.entropy(count)
    const halt = (reason: Error): never => {
      if (reason instanceof QuorateError && reason.code === 'QUORATE_DISK_FULL') place.discardSetAside('now')
      return runtime.halt(reason)
    }
    openLog(
      { disk, clock, checksum, log, directory: place.logDirectory, beginsIn, entropy, halt, limits },
      resolve,
    )
  })
}

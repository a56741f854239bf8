/**
 * A data directory from a snapshot file: the state as it was saved, in a new cluster. Each of its members is restored
 * from the same file, with the flags that it will be started with.
 */
import { ByteWriter } from '../core/bytes.ts'
import { QuorateError } from '../core/errors.ts'
import { portableSha256 } from '../core/sha256.ts'
import { APPLIED_KEY, writeLogBase } from '../replication/applied-state.ts'
import { DiskError } from '../runtime/disk.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { StoreInstallation } from '../runtime/store.ts'
import type { SnapshotHead } from '../storage/snapshot-file/snapshot-head.ts'
import { SnapshotReader } from '../storage/snapshot-file/snapshot-reader.ts'
import type { LsmStore } from '../storage/store/lsm-store.ts'
import type { NodeConfig } from './config.ts'
import { openNodeStorage } from './node-storage.ts'
import { ownSeat } from './seat.ts'

export interface Restored {
  readonly head: SnapshotHead
  readonly pairs: number
  readonly sizeBytes: number
}

/**
 * Throws `QUORATE_SNAPSHOT_FORMAT`, `QUORATE_SNAPSHOT_DAMAGED`, `QUORATE_SNAPSHOT_FILE` if the file cannot be read, and
 * `QUORATE_RESTORE_NOT_EMPTY` if the data directory holds anything. A restore that fails leaves a directory behind that
 * is to be removed, and that no node is to be started on.
 */
export async function restoreSnapshot(runtime: Runtime, config: NodeConfig, path: string): Promise<Restored> {
  const { disk } = runtime
  if (disk.list(config.dataDir).length > 0) throw notEmpty(config.dataDir)
  const file = openFile(() => disk.open(path, 'read'), path)
  try {
    // Looked through before anything is made: a damaged file shall leave nothing behind.
    const first = new SnapshotReader(file, runtime.checksum, (runtime.sha256 ?? portableSha256)())
    while (first.next(() => {})) {}
    const reader = new SnapshotReader(file, runtime.checksum, (runtime.sha256 ?? portableSha256)())
    await restore(runtime, config, reader)
    return { head: reader.head, pairs: reader.pairs, sizeBytes: reader.sizeBytes }
  } finally {
    file.close()
  }
}

async function restore(runtime: Runtime, config: NodeConfig, reader: SnapshotReader): Promise<void> {
  const { identity, hasPeers, bootstrap } = ownSeat(config)
  // Nobody holds more of this member than the snapshot: it has promised nothing yet, and there is nothing to ask for.
  const place = { directory: config.dataDir, identity, hasPeers, beginsIn: 'none' } as const
  const storage = await openNodeStorage(runtime, place)
  try {
    await install(storage.store, bootstrap!, reader)
  } finally {
    await storage.close()
  }
}

async function install(store: LsmStore, configuration: Uint8Array, reader: SnapshotReader): Promise<void> {
  const installation = store.install()
  installation.put(APPLIED_KEY, appliedRecord(reader.head, configuration))
  while (reader.next((key, value) => installation.put(key, value))) {
    if (installation.isCongested) await relief(installation)
  }
  await new Promise<void>((resolve, reject) => {
    installation.commit(error => (error === null ? resolve() : reject(error)))
  })
}

function relief(installation: StoreInstallation): Promise<void> {
  return new Promise(resolve => installation.whenRelieved(resolve))
}

/** The old cluster's state, and the new one's members. */
function appliedRecord({ index, ballot, time }: SnapshotHead, configuration: Uint8Array): Uint8Array {
  const to = new ByteWriter(256)
  writeLogBase(to, { index, ballot, time, configuration })
  return to.finish()
}

function openFile<File>(open: () => File, path: string): File {
  try {
    return open()
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    throw new QuorateError('QUORATE_SNAPSHOT_FILE', `cannot read ${path}: ${error.message}`, 'refused', {
      hint: 'Check the path, and whether the file may be read.',
      cause: error,
    })
  }
}

function notEmpty(directory: string): QuorateError {
  return new QuorateError('QUORATE_RESTORE_NOT_EMPTY', `${directory} is not empty`, 'refused', {
    hint: 'A snapshot is restored into a new directory: give another one, or remove what is there.',
  })
}

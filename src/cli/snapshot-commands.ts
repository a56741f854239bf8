/** `quorate snapshot save|status|restore`: backups of the whole state, and clusters made of them. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Client } from '../client/client.ts'
import { QuorateError } from '../core/errors.ts'
import { nodeChecksum, nodeDisk, nodeRuntime, nodeSha256, pinoLogger } from '../runtime/node/index.ts'
import { parseConfig } from '../server/config.ts'
import { restoreSnapshot } from '../server/restore-snapshot.ts'
import { SnapshotReader } from '../storage/snapshot-file/snapshot-reader.ts'
import { formatBytes } from './byte-units.ts'
import { flagOf } from './etcd-flags.ts'
import { print } from './output.ts'
import { ProgressBar } from './progress-bar.ts'
import { readServerFlags } from './server-flags.ts'

interface SnapshotFacts {
  readonly revision: number
  readonly pairs: number
  readonly sizeBytes: number
}

/** A backup holds every value, and what is known of users' passwords: nobody else may read it. */
const OWNER_ONLY = 0o600

/** Writes beside the file, and gives it its name once all is there, sound and durable. */
export async function saveSnapshot(client: Client, path: string, json: boolean): Promise<void> {
  const part = `${path}.part`
  const bar = new ProgressBar()
  try {
    const file = creating(part, () => openSync(part, 'w', OWNER_ONLY))
    try {
      let written = 0
      for await (const { blob, remainingBytes } of client.snapshot()) {
        writeAll(file, blob)
        written += blob.length
        bar.draw(written / (written + remainingBytes), formatBytes(written))
      }
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    const facts = factsOf(part)
    renameSync(part, path)
    syncDirectory(dirname(path))
    bar.clear()
    if (json) print(JSON.stringify({ path, ...facts }))
    else print(`saved ${path}: ${described(facts)}`)
  } catch (error) {
    rmSync(part, { force: true })
    throw error
  } finally {
    bar.clear()
  }
}

/** Throws `QUORATE_SNAPSHOT_DAMAGED` and `QUORATE_SNAPSHOT_FORMAT`. */
export function snapshotStatus(path: string, json: boolean): void {
  const facts = factsOf(path)
  if (json) print(JSON.stringify({ path, ...facts }))
  else print(`${path} is sound: ${described(facts)}`)
}

export async function restore(path: string, args: readonly string[]): Promise<void> {
  const { config: input } = await readServerFlags(args, process.env)
  const config = parseConfig(input, flagOf)
  const runtime = nodeRuntime({ log: pinoLogger({ level: 'warn' }) })
  const { head, pairs } = await restoreSnapshot(runtime, config, path)
  print(`restored ${config.dataDir}: revision ${head.revision}, ${pairs} pairs`)
  print(
    'Restore every other member of the new cluster from the same file, and then start them all with the same flags.',
  )
}

/** Reads the file to its end. */
function factsOf(path: string): SnapshotFacts {
  const file = creating(path, () => nodeDisk().open(path, 'read'))
  try {
    const reader = new SnapshotReader(file, nodeChecksum(), nodeSha256())
    while (reader.next(() => {})) {}
    return { revision: reader.head.revision, pairs: reader.pairs, sizeBytes: reader.sizeBytes }
  } finally {
    file.close()
  }
}

function described({ revision, pairs, sizeBytes }: SnapshotFacts): string {
  return `revision ${revision}, ${pairs} pairs, ${formatBytes(sizeBytes)}`
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

function creating<File>(path: string, open: () => File): File {
  try {
    return open()
  } catch (error) {
    throw new QuorateError('QUORATE_SNAPSHOT_FILE', `${path}: ${(error as Error).message}`, 'refused', {
      hint: 'Check the path, and what may be read and written there.',
      cause: error,
    })
  }
}

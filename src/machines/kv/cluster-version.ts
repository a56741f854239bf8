/**
 * Which version the cluster is at: that of the oldest of its members when the log last said so. It only ever grows.
 * Commands that an older version does not know are proposed from then on, so that every replica makes the same of
 * every entry; and a node that is older than its cluster stops before it makes something else of one.
 */
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { QuorateError } from '../../core/errors.ts'
import { FIRST_CLUSTER_VERSION, NODE_VERSION } from '../../core/node-version.ts'
import { probe } from '../../core/seams.ts'
import type { StoreBatch, StoreView } from '../../runtime/store.ts'
import { metaKey } from './store-keys.ts'
import type { KvCommand } from './types.ts'

export interface ClusterVersionOperation {
  /** What every member understands. */
  readonly version: number
}

export interface ClusterVersionResult {
  /** The version from now on. */
  readonly version: number
}

const VERSION = metaKey('v')

/** Commands that are younger than clusters with a version, and wait for all members: which version knows them. */
const SINCE: Partial<Record<KvCommand['kind'], number>> = { alarm: 4, downgrade: 4, hashReport: 4 }

/** From which version of the cluster on such a command may be proposed. */
export function versionOfCommand(kind: KvCommand['kind']): number {
  return SINCE[kind] ?? FIRST_CLUSTER_VERSION
}

/**
 * Throws `QUORATE_NODE_TOO_OLD` if this node understands less than the cluster has agreed on.
 *
 * @param own what this node understands
 */
export function clusterVersion(view: StoreView, own = NODE_VERSION): number {
  const bytes = view.get(VERSION)
  const version = bytes === undefined ? FIRST_CLUSTER_VERSION : new ByteReader(bytes).u16()
  if (version <= own) return version
  probe('kv: a node was older than its cluster')
  throw new QuorateError(
    'QUORATE_NODE_TOO_OLD',
    `the cluster is at version ${version}, and this node knows no more than ${own}`,
    'refused',
    { hint: 'start this member with the newer program that it ran before' },
  )
}

/** Raises it; a lower one than the present is passed over. Throws as `clusterVersion`. */
export function raiseClusterVersion(
  batch: StoreBatch,
  { version }: ClusterVersionOperation,
  own = NODE_VERSION,
): number {
  if (version > clusterVersion(batch, own)) {
    const to = new ByteWriter(2)
    to.u16(version)
    batch.put(VERSION, to.finish())
  }
  return clusterVersion(batch, own)
}

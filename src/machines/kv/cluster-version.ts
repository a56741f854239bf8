/**
 * Which version the cluster is at: that of the oldest of its members when the log last said so. It only ever grows.
 * Commands that an older version does not know are proposed from then on, so that every replica makes the same of
 * every entry; and a node that is older than its cluster stops before it makes something else of one.
 */
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { QuorateError } from '../../core/errors.ts'
import { FIRST_CLUSTER_VERSION, NODE_VERSION } from '../../core/node-version.ts'
import type { StoreBatch, StoreView } from '../../runtime/store.ts'
import { metaKey } from './store-keys.ts'

export interface ClusterVersionOperation {
  /** What every member understands. */
  readonly version: number
}

export interface ClusterVersionResult {
  /** The version from now on. */
  readonly version: number
}

const VERSION = metaKey('v')

/** Throws `QUORATE_NODE_TOO_OLD` if this node understands less than the cluster has agreed on. */
export function clusterVersion(view: StoreView): number {
  const bytes = view.get(VERSION)
  const version = bytes === undefined ? FIRST_CLUSTER_VERSION : new ByteReader(bytes).u16()
  if (version <= NODE_VERSION) return version
  throw new QuorateError(
    'QUORATE_NODE_TOO_OLD',
    `the cluster is at version ${version}, and this node knows no more than ${NODE_VERSION}`,
    'refused',
    { hint: 'start this member with the newer program that it ran before' },
  )
}

/** Raises it; a lower one than the present is passed over. */
export function raiseClusterVersion(batch: StoreBatch, { version }: ClusterVersionOperation): number {
  if (version > clusterVersion(batch)) {
    const to = new ByteWriter(2)
    to.u16(version)
    batch.put(VERSION, to.finish())
  }
  return clusterVersion(batch)
}

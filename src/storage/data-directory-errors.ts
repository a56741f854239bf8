/** Why a node may not use a data directory, by code. All of them keep it from starting; none changes anything. */
import { QuorateError } from '../core/errors.ts'
import { formatNodeId } from '../core/ids.ts'
import type { DiskError } from '../runtime/disk.ts'
import type { NodeIdentity } from './node-identity.ts'

function refuse(code: string, message: string, hint: string, cause?: unknown): QuorateError {
  return new QuorateError(code, message, 'refused', { hint, cause })
}

/** What the disk said, as an error of the directory. */
export function directoryFailed(directory: string, cause: DiskError): QuorateError {
  switch (cause.kind) {
    case 'locked':
      return refuse(
        'QUORATE_DATA_DIR_LOCKED',
        `the data directory ${directory} is in use: ${cause.message}`,
        'Stop the process that uses it, or give this node a data directory of its own (--data-dir).',
        cause,
      )
    case 'full':
      return refuse(
        'QUORATE_DATA_DIR_DISK_FULL',
        `there is no space left for the data directory ${directory}`,
        'Free some space, then start the node again.',
        cause,
      )
    case 'readOnly':
      return refuse(
        'QUORATE_DATA_DIR_READ_ONLY',
        `the data directory ${directory} is on a file system that cannot be written to`,
        'Mount it writable, or choose another directory (--data-dir).',
        cause,
      )
    case 'notFound':
    case 'exists':
    case 'denied':
    case 'io':
      return refuse(
        'QUORATE_DATA_DIR_UNREADABLE',
        `the data directory ${directory} cannot be used: ${cause.message}`,
        'Check that it is a directory, that this user may read and write it, and that the disk works.',
        cause,
      )
  }
}

export function directoryDamaged(path: string, what: string): QuorateError {
  return refuse(
    'QUORATE_DATA_DIR_DAMAGED',
    `${path}: ${what}`,
    'Give the right directory, or restore the file; a member of several may also start on an empty directory.',
  )
}

export function directoryOfEtcd(directory: string): QuorateError {
  return refuse(
    'QUORATE_DATA_DIR_OF_ETCD',
    `the data directory ${directory} is one of etcd: it has a directory "member" and no identity of ours`,
    'Give this node a directory of its own (--data-dir); data of etcd is copied through a client.',
  )
}

export function directoryVersionUnknown(path: string, version: number): QuorateError {
  return refuse(
    'QUORATE_DATA_DIR_VERSION',
    `${path} is of format version ${version}, which this version of Quorate does not know`,
    'Start the version that wrote it, or a newer one.',
  )
}

export function foreignCluster(directory: string, stored: NodeIdentity, own: NodeIdentity): QuorateError {
  const [theirs, ours] = [stored.clusterId.toString(16), own.clusterId.toString(16)]
  return refuse(
    'QUORATE_DATA_DIR_FOREIGN_CLUSTER',
    `the data directory ${directory} belongs to cluster ${theirs}, not to ${ours}`,
    'Start the node with the directory and the initial cluster that belong together.',
  )
}

export function foreignNode(directory: string, stored: NodeIdentity, own: NodeIdentity): QuorateError {
  const [theirs, ours] = [stored, own].map(({ name, nodeId }) => `${name} (${formatNodeId(nodeId)})`)
  return refuse(
    'QUORATE_DATA_DIR_FOREIGN_NODE',
    `the data directory ${directory} belongs to the member ${theirs}, not to ${ours}`,
    'Start each member with its own data directory; two members on one directory would vote twice.',
  )
}

export function otherConsensus(directory: string, stored: NodeIdentity, own: NodeIdentity): QuorateError {
  return refuse(
    'QUORATE_DATA_DIR_OTHER_CONSENSUS',
    `the data directory ${directory} holds a log of ${stored.consensus}, not of ${own.consensus}`,
    `Start the node with --consensus ${stored.consensus}; data moves to another protocol through a client.`,
  )
}

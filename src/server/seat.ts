/**
 * Who a node is, and in which cluster. A directory that was begun says so for good, and what a node was started with
 * has to agree; a new one is begun as a member of a new cluster (`--initial-cluster-state new`), or as the member that
 * the cluster says it is (`existing`).
 */
import type { Doubt } from '../core/log-update.ts'
import { type ProtocolName, protocolNamed } from '../protocols/protocols.ts'
import { FIRST_LIFE, UNKNOWN_MEMBER, writeRoster } from '../replication/roster/roster.ts'
import { type Disk, DiskError } from '../runtime/disk.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { readIdentityIn } from '../storage/data-directory.ts'
import { directoryFailed, foreignCluster, foreignNode } from '../storage/data-directory-errors.ts'
import type { NodeIdentity } from '../storage/node-identity.ts'
import { type ClusterIdentity, clusterIdentity } from './cluster-identity.ts'
import type { NodeConfig } from './config.ts'
import { join } from './join.ts'

export interface Seat {
  readonly identity: NodeIdentity
  /** Whether there are others, who hold what this member has promised and applied. */
  readonly hasPeers: boolean
  /** What a new directory may lack of what its node has promised. */
  readonly beginsIn: Doubt
  /** The group's configuration for a node that knows none; absent: its directory has to know one. */
  readonly bootstrap: Uint8Array | undefined
}

/** Throws errors with codes for whatever does not belong together. */
export async function takeSeat(runtime: Runtime, config: NodeConfig): Promise<Seat> {
  const own = ownSeat(config)
  const stored = readIdentityIn(runtime.disk, config.dataDir, runtime.checksum)
  if (stored === undefined) return config.initialClusterState === 'new' ? own : askForSeat(runtime, config)
  try {
    return seatOf(config, stored, own)
  } catch (error) {
    refuseIfInUse(runtime.disk, config.dataDir)
    throw error
  }
}

/** Whoever is told whose directory it is should know first that somebody is there. */
function refuseIfInUse(disk: Disk, directory: string): void {
  try {
    disk.lock(directory).release()
  } catch (error) {
    if (error instanceof DiskError && error.kind === 'locked') throw directoryFailed(directory, error)
  }
}

/** What the node is asked to join as; also of one that has begun, and has not been told who the members are. */
export async function askForSeat(runtime: Runtime, config: NodeConfig, begun?: NodeIdentity): Promise<Seat> {
  const answer = await join(runtime, config, begun !== undefined)
  const { name, consensus } = config
  const identity = { clusterId: answer.cluster, nodeId: answer.id, name, consensus }
  if (begun !== undefined) checkSame(config.dataDir, begun, identity)
  const beginsIn = answer.isNew ? 'none' : 'lost'
  return { identity, hasPeers: true, beginsIn, bootstrap: answer.configuration }
}

/** As a member of a new cluster, whose members compute each other's ids from what all were started with. */
export function ownSeat(config: NodeConfig): Seat {
  const cluster = clusterIdentity(config.initialCluster, config.initialClusterToken)
  const { id: nodeId, name } = cluster.members.find(member => member.name === config.name)!
  const hasPeers = cluster.members.length > 1
  return {
    identity: { clusterId: cluster.clusterId, nodeId, name, consensus: config.consensus },
    hasPeers,
    // A cluster of one has nobody who could know more of it than its directory.
    beginsIn: hasPeers ? 'new' : 'none',
    bootstrap: bootstrapOf(cluster, config.consensus),
  }
}

/**
 * The members of a cluster change, and so may what its nodes are started with. Whoever was started with `new` has to
 * name those with whom the cluster began, as etcd's own unit files go on to do; with `existing`, only the name counts.
 */
function seatOf(config: NodeConfig, stored: NodeIdentity, own: Seat): Seat {
  const { clusterId, nodeId } = own.identity
  const isAsBegun = stored.clusterId === clusterId && stored.nodeId === nodeId
  if (isAsBegun) return own
  if (config.initialClusterState === 'new') checkSame(config.dataDir, stored, own.identity)
  if (stored.name !== config.name)
    throw foreignNode(config.dataDir, stored, { ...own.identity, name: config.name })
  return { identity: stored, hasPeers: true, beginsIn: 'lost', bootstrap: undefined }
}

function checkSame(directory: string, stored: NodeIdentity, own: NodeIdentity): void {
  if (stored.clusterId !== own.clusterId) throw foreignCluster(directory, stored, own)
  if (stored.nodeId !== own.nodeId) throw foreignNode(directory, stored, own)
}

/** The first configuration of a new cluster: all vote, and all know each other by name and address. */
function bootstrapOf({ members }: ClusterIdentity, consensus: ProtocolName): Uint8Array {
  const roster = members.map(member => ({
    ...UNKNOWN_MEMBER,
    ...member,
    isLearner: false,
    life: FIRST_LIFE,
  }))
  const voters = members.map(({ id }) => id)
  return protocolNamed(consensus).bootstrap(
    { voters, learners: [] },
    writeRoster({ members: roster, removed: [] }),
  )
}

/**
 * Lets one member go on alone when a majority of its cluster is lost for good. It gets a cluster of its own: the
 * others, if any of them comes back, are members of another one, and are refused. Of several that are left, the one
 * whose log reaches furthest loses least.
 */
import { QuorateError } from '../core/errors.ts'
import { formatNodeId, type NodeId } from '../core/ids.ts'
import type { LogUpdate } from '../core/log-update.ts'
import { protocolNamed } from '../protocols/protocols.ts'
import { readApplied } from '../replication/applied-state.ts'
import { memberOf, type Roster, readRoster, writeRoster } from '../replication/roster/roster.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { readIdentityIn } from '../storage/data-directory.ts'
import type { NodeIdentity } from '../storage/node-identity.ts'
import { KV_GROUP } from './ids.ts'
import { MembershipErrors } from './membership-errors.ts'
import { type NodeStorage, openNodeStorage } from './node-storage.ts'

/** What a directory holds of its cluster. */
export interface Survivor {
  readonly identity: NodeIdentity
  /** The end of its log: of several survivors the highest term goes on, of equal terms the longest log. */
  readonly lastTerm: number
  readonly lastIndex: number
  /** What its store has applied: that much was surely committed. */
  readonly appliedIndex: number
  readonly others: Roster['members']
}

/** Of a member that is stopped. Changes nothing. Throws errors with codes. */
export function inspectSurvivor(runtime: Runtime, directory: string): Promise<Survivor> {
  return withStorage(runtime, directory, async ({ survivor }) => survivor)
}

/** Makes the member the only one of a cluster of its own, which it tells. Throws errors with codes. */
export function recoverAlone(runtime: Runtime, directory: string): Promise<NodeIdentity> {
  return withStorage(runtime, directory, async ({ storage, survivor, update }) => {
    await new Promise<void>(resolve => storage.log.persist(KV_GROUP, update, resolve))
    const identity = { ...survivor.identity, clusterId: otherCluster(survivor) }
    // Last: cut short before, it is to be done again, and nothing promised to the others is broken by anybody else.
    await storage.recast(identity)
    return identity
  })
}

interface Opened {
  readonly storage: NodeStorage
  readonly survivor: Survivor
  readonly update: LogUpdate
}

async function withStorage<T>(
  runtime: Runtime,
  directory: string,
  use: (opened: Opened) => Promise<T>,
): Promise<T> {
  const identity = readIdentityIn(runtime.disk, directory, runtime.checksum)
  if (identity === undefined) throw nothingToRecover(`${directory} is not the data directory of a node`)
  // As one without peers: what is damaged cannot be repaired from anybody, and is refused.
  const place = { directory, identity, hasPeers: false, beginsIn: 'none' } as const
  const storage = await openNodeStorage(runtime, place)
  try {
    return await use({ storage, ...examine(storage, identity) })
  } finally {
    await storage.close()
  }
}

function examine(storage: NodeStorage, identity: NodeIdentity): Omit<Opened, 'storage'> {
  const protocol = protocolNamed(identity.consensus === 'paxos' ? 'paxos' : 'raft')
  if (protocol.standAlone === undefined) {
    throw nothingToRecover(
      `members of a cluster that runs ${protocol.name} cannot be made to go on alone yet`,
    )
  }
  const recovered = storage.log.recovered(KV_GROUP)
  const applied = readApplied(storage.store) ?? recovered.base
  if (applied === undefined) throw nothingToRecover('the member holds nothing')
  const { update, current } = protocol.standAlone(recovered, applied, identity.nodeId, configuration =>
    aloneIn(readRoster(configuration), identity.nodeId),
  )
  const roster = readRoster(current)
  const last = recovered.entries.at(-1) ?? applied
  const survivor = {
    identity,
    lastTerm: last.ballot,
    lastIndex: last.index,
    appliedIndex: applied.index,
    others: roster.members.filter(({ id }) => id !== identity.nodeId),
  }
  return { survivor, update }
}

/** Whoever was a member is none of this cluster. */
function aloneIn(roster: Roster, self: NodeId): Uint8Array {
  const member = memberOf(roster, self)
  if (member === undefined) throw nothingToRecover('the member had been removed from its cluster')
  const others = roster.members.filter(({ id }) => id !== self).map(({ id }) => id)
  return writeRoster({
    members: [{ ...member, isLearner: false, isToVote: false }],
    removed: [...roster.removed, ...others],
  })
}

/** Another one each time, and the same if it is done twice after a crash. */
function otherCluster({ identity, lastIndex }: Survivor): bigint {
  const mixed = (identity.clusterId ^ identity.nodeId) * 0x100000001b3n + BigInt(lastIndex)
  return BigInt.asUintN(64, mixed) || 1n
}

function nothingToRecover(why: string): QuorateError {
  return new QuorateError(MembershipErrors.notRecoverable, why, 'refused', {
    hint: 'Recover the member whose log reaches furthest; or restore all from a backup.',
  })
}

/** For messages: who is left behind. */
export function namesOf(members: Roster['members']): string {
  return members.map(({ id, name }) => `${name || 'unstarted'} (${formatNodeId(id)})`).join(', ')
}

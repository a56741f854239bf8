/** Who may talk to whom: the checks of a greeting, on both sides. */
import { formatNodeId, type NodeId } from '../../core/ids.ts'
import type { Address } from '../../runtime/network.ts'
import type { Hello, PeerLane, Refusal, Welcome } from '../../wire/frame/index.ts'
import { PEER_VERSION_MAX, PEER_VERSION_MIN } from './limits.ts'

type Versions = Pick<Hello, 'versionMin' | 'versionMax'>

/** Who this node is. */
export interface Identity {
  readonly id: NodeId
  readonly cluster: bigint
  /** The name of its consensus protocol. */
  readonly consensus: string
  /** Where others reach it, as it tells them; absent: nowhere. */
  readonly address?: Address
  /** How many changes of the membership it knows of. Default: none. */
  readonly changes?: () => number
  /** The newest version of the peer protocol that it speaks. Default: this program's. */
  readonly version?: number
}

/** What a node is to this one: a removed member is told that it was, so that it stops. */
export type PeerStanding = 'member' | 'removed' | 'stranger'

export function makeHello(own: Identity, receiver: NodeId, lane: PeerLane): Hello {
  return {
    ...versionsOf(own),
    cluster: own.cluster,
    sender: own.id,
    receiver,
    lane,
    consensus: own.consensus,
    address: own.address ?? { host: '', port: 0 },
    changes: own.changes?.() ?? 0,
  }
}

/** The versions of the peer protocol that a node speaks. */
export function versionsOf({ version = PEER_VERSION_MAX }: Pick<Identity, 'version'>): Versions {
  return { versionMin: PEER_VERSION_MIN, versionMax: version }
}

/** What the accepting side answers. The cluster comes first: ids mean nothing across clusters. */
export function judgeHello(
  own: Identity,
  hello: Hello,
  standingOf: (id: NodeId) => PeerStanding,
): Welcome | Refusal {
  if (hello.cluster !== own.cluster) {
    return refuse(
      'foreignCluster',
      `cluster ${hello.cluster.toString(16)} is not ${own.cluster.toString(16)}`,
    )
  }
  if (hello.receiver !== own.id) {
    const [here, meant] = [formatNodeId(own.id), formatNodeId(hello.receiver)]
    return refuse('misdirected', `this is node ${here}, not ${meant}`)
  }
  const { versionMin, versionMax } = versionsOf(own)
  const version = Math.min(hello.versionMax, versionMax)
  if (version < Math.max(hello.versionMin, versionMin)) {
    const theirs = `${hello.versionMin} to ${hello.versionMax}`
    return refuse('version', `versions ${theirs} are not among ${versionMin} to ${versionMax}`)
  }
  if (hello.consensus !== own.consensus) {
    return refuse('otherConsensus', `this group runs ${own.consensus}, not ${hello.consensus}`)
  }
  const sender = formatNodeId(hello.sender)
  const standing = standingOf(hello.sender)
  if (standing === 'removed') return refuse('removed', `member ${sender} was removed from the cluster`)
  if (standing === 'stranger' && !mayKnowBetter(own, hello)) {
    return refuse('unknown', `node ${sender} is not a member here`)
  }
  return { version, cluster: own.cluster, sender: own.id }
}

/**
 * Whoever slept while the members changed has to hear a leader that it does not know (Raft thesis §4.1), and nobody
 * else would tell it. Ids mean nothing without the cluster's, which was checked.
 */
function mayKnowBetter(own: Identity, { changes, address }: Hello): boolean {
  return changes > (own.changes?.() ?? 0) && address.port !== 0
}

/** What the dialling side finds wrong with an answer, if anything. */
export function judgeWelcome(own: Identity, expected: NodeId, welcome: Welcome): Refusal | undefined {
  if (welcome.cluster !== own.cluster) {
    return refuse(
      'foreignCluster',
      `cluster ${welcome.cluster.toString(16)} is not ${own.cluster.toString(16)}`,
    )
  }
  if (welcome.sender !== expected) {
    const [there, meant] = [formatNodeId(welcome.sender), formatNodeId(expected)]
    return refuse('misdirected', `node ${there} answered, not ${meant}`)
  }
  const { versionMin, versionMax } = versionsOf(own)
  if (welcome.version < versionMin || welcome.version > versionMax) {
    return refuse('version', `version ${welcome.version} was not offered`)
  }
  return undefined
}

function refuse(reason: Refusal['reason'], text: string): Refusal {
  return { reason, text }
}

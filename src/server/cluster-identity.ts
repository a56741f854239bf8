/**
 * Who is who in a new cluster, computed by every member alike from what all were started with: an id per
 * member from its peer URLs and the token, and the cluster's id from the members'. 64-bit FNV-1a; ids that
 * collide are refused at the start.
 */
import { QuorateError } from '../core/errors.ts'
import type { NodeId } from '../core/ids.ts'
import { utf8Bytes } from '../core/utf8.ts'
import type { InitialMember } from './config.ts'
import { ConfigErrors } from './config-errors.ts'

export interface ClusterIdentity {
  readonly clusterId: bigint
  /** In the order of the initial cluster. */
  readonly members: readonly Member[]
}

export interface Member {
  readonly id: NodeId
  readonly name: string
  readonly peerUrls: readonly string[]
}

export function clusterIdentity(initial: readonly InitialMember[], token: string): ClusterIdentity {
  const members = initial.map(member => ({
    id: hash([...member.peerUrls, token]) as NodeId,
    name: member.name,
    peerUrls: member.peerUrls,
  }))
  const ids = members.map(member => member.id).toSorted((a, b) => (a < b ? -1 : 1))
  if (new Set(ids).size !== ids.length || ids.includes(0n as NodeId)) {
    throw new QuorateError(ConfigErrors.invalid, 'two members have the same id', 'refused', {
      hint: 'change --initial-cluster-token',
    })
  }
  return { clusterId: hash(ids.map(id => id.toString(16))), members }
}

function hash(parts: readonly string[]): bigint {
  let state = 0xcbf29ce484222325n
  for (const part of parts) {
    for (const byte of [...utf8Bytes(part), 0]) {
      state = BigInt.asUintN(64, (state ^ BigInt(byte)) * 0x100000001b3n)
    }
  }
  return state
}

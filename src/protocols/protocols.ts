/** The consensus protocols that a node can run, by the name that its operator gives. */
import type { ConsensusProtocol } from './consensus.ts'
import { paxos } from './paxos/multi/index.ts'
import { raft } from './raft/index.ts'

/** The first is the default. */
export const PROTOCOL_NAMES = ['raft', 'paxos'] as const

export type ProtocolName = (typeof PROTOCOL_NAMES)[number]

/** Whoever drives it reads nothing in its messages. */
export function protocolNamed(name: ProtocolName): ConsensusProtocol<unknown> {
  return name === 'raft' ? raft : paxos
}

/**
 * Single-decree Paxos, "the Synod", as a consensus protocol that decides one entry and then rests; its three roles by
 * themselves, for who has a network and a disk already; and Multi-Paxos, for a log.
 */
import { EMPTY } from '../../core/bytes.ts'
import type { ConsensusProtocol } from '../consensus.ts'
import type { SynodMessage } from './message.ts'
import {
  decodeMembership,
  decodeMessage,
  encodeMembership,
  encodeMessage,
  messageLane,
} from './message-codec.ts'
import { Synod } from './synod.ts'

export type { Entry } from '../../core/entry.ts'
export type { Ballot, NodeId } from '../../core/ids.ts'
export { type Acceptor, accept, NEW_ACCEPTOR, prepare } from './acceptor.ts'
export { nextBallot } from './ballot.ts'
export { Learner } from './learner.ts'
export type { SynodMessage } from './message.ts'
export { createPaxos, PAXOS_LIMITS, type PaxosLimits, type PaxosMessage, paxos } from './multi/index.ts'
export { Attempt, quorumSize } from './proposer.ts'

/** See `synod.ts`. Its log has one index; proposals after the decision are refused. */
export const synod: ConsensusProtocol<SynodMessage> = {
  name: 'synod',
  create: options => new Synod(options),
  bootstrap: membership => encodeMembership(membership),
  readConfiguration: data => ({ membership: decodeMembership(data), context: EMPTY, version: 0 }),
  encode: encodeMessage,
  decode: decodeMessage,
  lane: messageLane,
}

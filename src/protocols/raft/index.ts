/** Raft as a `ConsensusProtocol`. */
import type { ConsensusProtocol } from '../consensus.ts'
import { bootstrapConfiguration, decodeConfiguration, groupConfiguration } from './configuration.ts'
import type { RaftMessage } from './message.ts'
import { decodeMessage, encodeMessage, laneOf } from './message-codec.ts'
import { createRaft } from './raft.ts'
import { standAlone } from './stand-alone.ts'

export type { Index, NodeId, ProposalId } from '../../core/ids.ts'
export type { LogBase } from '../../core/log-update.ts'
export { type Random, randomFromSeed } from '../../core/prng.ts'
export type { Instant } from '../../core/time.ts'
export type { Consensus, ConsensusEffect, ConsensusInput, ConsensusOptions } from '../consensus.ts'
export { RAFT_LIMITS, type RaftLimits } from './limits.ts'
export type { RaftMessage } from './message.ts'
export { createRaft } from './raft.ts'

export const raft: ConsensusProtocol<RaftMessage> = {
  name: 'raft',
  create: options => createRaft(options),
  bootstrap: bootstrapConfiguration,
  readConfiguration: data => groupConfiguration(decodeConfiguration(data)),
  standAlone,
  encode: encodeMessage,
  decode: decodeMessage,
  lane: laneOf,
}

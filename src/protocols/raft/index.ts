/** Raft as a `ConsensusProtocol`. */
import type { ConsensusProtocol } from '../consensus.ts'
import { bootstrapConfiguration, decodeConfiguration, groupConfiguration } from './configuration.ts'
import type { RaftMessage } from './message.ts'
import { decodeMessage, encodeMessage, laneOf } from './message-codec.ts'
import { createRaft } from './raft.ts'
import { standAlone } from './stand-alone.ts'

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

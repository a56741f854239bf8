/** Multi-Paxos as a `ConsensusProtocol`. */
import type { ConsensusProtocol } from '../../consensus.ts'
import { bootstrapConfiguration, decodeConfiguration, groupConfiguration } from './configuration.ts'
import type { PaxosMessage } from './message.ts'
import { decodeMessage, encodeMessage, laneOf } from './message-codec.ts'
import { createPaxos } from './paxos.ts'
import { standAlone } from './stand-alone.ts'

export { PAXOS_LIMITS, type PaxosLimits } from './limits.ts'
export type { PaxosMessage } from './message.ts'
export { createPaxos } from './paxos.ts'

export const paxos: ConsensusProtocol<PaxosMessage> = {
  name: 'paxos',
  create: options => createPaxos(options),
  bootstrap: (membership, context) => bootstrapConfiguration(membership, context),
  readConfiguration: (data, applied) => groupConfiguration(decodeConfiguration(data), applied),
  standAlone,
  encode: encodeMessage,
  decode: decodeMessage,
  lane: laneOf,
}

/** Whose votes count by a configuration, as the protocol that wrote it would say. */
import { decodeConfiguration as decodePaxos, firstSlotOf } from '../../protocols/paxos/multi/configuration.ts'
import type { ProtocolName } from '../../protocols/protocols.ts'
import { decodeConfiguration as decodeRaft } from '../../protocols/raft/configuration.ts'
import type { VotersOf } from './configuration-book.ts'

/** Both sets of a joint configuration (Raft §6); what was before until something is chosen without it (Paxos). */
export function votersOfProtocol(name: ProtocolName): VotersOf {
  return name === 'raft' ? votersOfRaft : votersOfPaxos
}

const votersOfRaft: VotersOf = data => {
  const { voters, outgoing } = decodeRaft(data)
  return [voters, outgoing].filter(set => set.length > 0)
}

const votersOfPaxos: VotersOf = (data, commitIndex) => {
  const configuration = decodePaxos(data)
  const isAlone = commitIndex >= firstSlotOf(configuration)
  const sets = isAlone ? [configuration.voters] : [configuration.voters, configuration.before.voters]
  return sets.filter(set => set.length > 0)
}

/** Multi-Paxos with limits so small that every bound is met, and with few slots open at a time. */
import { EMPTY } from '../../../../core/bytes.ts'
import type { ConsensusProtocol } from '../../../consensus.ts'
import { bootstrapConfiguration } from '../configuration.ts'
import { paxos } from '../index.ts'
import { PAXOS_LIMITS, type PaxosLimits } from '../limits.ts'
import type { PaxosMessage } from '../message.ts'
import { createPaxos } from '../paxos.ts'

export const TIGHT_ALPHA = 6

export const TIGHT: PaxosLimits = {
  ...PAXOS_LIMITS,
  acceptBytesMax: 200,
  acceptEntriesMax: 3,
  pageBytesMax: 150,
  inflightMessagesMax: 3,
  windowBytesMax: 400,
  applyEntriesMax: 5,
  applyBytesMax: 400,
  unchosenBytesMax: 1500,
  heldReadsMax: 8,
  readRoundsMax: 2,
  forwardEntriesMax: 3,
  forwardedEntriesMax: 12,
  forwardGapsMax: 4,
  snapshotHoldEntriesMax: 30,
  newGroupWaitMs: 1000,
}

export const tightPaxos: ConsensusProtocol<PaxosMessage> = {
  ...paxos,
  create: options => createPaxos(options, TIGHT),
  bootstrap: (membership, context = EMPTY) => bootstrapConfiguration(membership, context, TIGHT_ALPHA),
}

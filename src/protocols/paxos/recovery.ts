/** What a node of the Synod is when it starts, for the first time or again. */
import type { Entry } from '../../core/entry.ts'
import type { Ballot } from '../../core/ids.ts'
import type { ConsensusOptions, Membership } from '../consensus.ts'
import type { Acceptor } from './acceptor.ts'
import { NO_BALLOT } from './ballot.ts'
import { decodeMembership, decodeMemory, type Memory } from './message-codec.ts'

export interface Recovered {
  readonly membership: Membership
  readonly acceptor: Acceptor
  /** It may have forgotten what it promised or accepted, so it never votes again. */
  readonly isSilenced: boolean
  /** Known to be chosen. */
  readonly chosen: Entry | undefined
  /** The store has applied it. */
  readonly isCommitted: boolean
}

const NOTHING: Memory = { promised: NO_BALLOT, isDecided: false, isSilenced: false }

export function recover({ recovered, applied }: ConsensusOptions): Recovered {
  const memory = recovered.promise === undefined ? NOTHING : decodeMemory(recovered.promise)
  const accepted = recovered.entries.find(entry => entry.index === 1)
  const isCommitted = applied.index >= 1
  const isDecided = isCommitted || memory.isDecided
  // An empty disk is taken for that of a new node: the Synod has no way to ask, so whoever loses one stays away.
  const isLacking = recovered.doubt === 'tail' || recovered.doubt === 'lost'
  const configuration =
    applied.configuration.length > 0 ? applied.configuration : recovered.base?.configuration
  return {
    membership: decodeMembership(configuration ?? new Uint8Array(0)),
    acceptor: { promised: Math.max(memory.promised, accepted?.ballot ?? NO_BALLOT) as Ballot, accepted },
    isSilenced: isLacking || memory.isSilenced || (isDecided && accepted === undefined),
    chosen: isDecided ? accepted : undefined,
    isCommitted,
  }
}

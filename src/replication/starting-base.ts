/** The state from which a group goes on: what its store holds, or what it was bootstrapped with. */
import { assert } from '../core/assert.ts'
import { QuorateError } from '../core/errors.ts'
import type { LogBase, RecoveredLog } from '../core/log-update.ts'
import type { ClusterTime } from '../core/time.ts'
import type { ConsensusProtocol, Membership } from '../protocols/consensus.ts'
import type { StoreView } from '../runtime/store.ts'
import { readApplied } from './applied-state.ts'
import { ReplicaErrors } from './replica.ts'

/** Throws `QUORATE_STORE_BEHIND_LOG`: entries that the log has let go because the store had them are gone. */
export function startingBase<Message>(
  store: StoreView,
  { base }: RecoveredLog,
  protocol: ConsensusProtocol<Message>,
  bootstrap: Membership,
): LogBase {
  const applied = readApplied(store) ?? bootstrapBase(protocol, bootstrap)
  if (base === undefined || base.index <= applied.index) return applied
  throw new QuorateError(
    ReplicaErrors.storeBehindLog,
    'the store lacks what the log says it holds',
    'refused',
    {
      hint: 'A part of the data directory was lost or replaced: restore it as a whole, from a backup.',
    },
  )
}

function bootstrapBase<Message>(protocol: ConsensusProtocol<Message>, membership: Membership): LogBase {
  assert(membership.voters.length > 0, 'a new group has at least one voter')
  return {
    index: 0 as LogBase['index'],
    ballot: 0 as LogBase['ballot'],
    time: 0 as ClusterTime,
    configuration: protocol.bootstrap(membership),
  }
}

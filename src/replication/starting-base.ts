/** The state from which a group goes on: what its store holds, or what it was bootstrapped with. */
import { QuorateError } from '../core/errors.ts'
import type { LogBase, RecoveredLog } from '../core/log-update.ts'
import type { ClusterTime } from '../core/time.ts'
import type { StoreView } from '../runtime/store.ts'
import { readApplied } from './applied-state.ts'
import { ReplicaErrors } from './replica.ts'

/** Throws `QUORATE_STORE_BEHIND_LOG`: entries that the log has let go because the store had them are gone. */
export function startingBase(store: StoreView, { base }: RecoveredLog, bootstrap: Uint8Array): LogBase {
  const beginning = base?.index === 0 ? base : bootstrapBase(bootstrap)
  const applied = readApplied(store) ?? beginning
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

/** Whether the disk says with which configuration its group goes on; else it has to be told. */
export function knowsConfiguration(store: StoreView, { base }: RecoveredLog): boolean {
  return base !== undefined || readApplied(store) !== undefined
}

function bootstrapBase(configuration: Uint8Array): LogBase {
  return {
    index: 0 as LogBase['index'],
    ballot: 0 as LogBase['ballot'],
    time: 0 as ClusterTime,
    configuration,
  }
}

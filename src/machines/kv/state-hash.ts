/** The hash of everything that a replica's machine holds, indexes included. What compaction passed is left out. */
import { hashState } from '../../runtime/state-hash.ts'
import type { StoreView } from '../../runtime/store.ts'
import { livePairs } from './compaction.ts'
import { ALL_TABLES } from './store-keys.ts'

export function stateHash(view: StoreView): number {
  return hashState(view, livePairs(view), ALL_TABLES)
}

/**
 * A downgrade that was announced: to which version of etcd's API, until it is called off. The state remembers it for
 * all members; nothing else depends on it (`docs/decisions/0012-versions-of-a-cluster.md`).
 */
import { utf8Bytes, utf8Text } from '../../core/utf8.ts'
import type { StoreBatch, StoreView } from '../../runtime/store.ts'
import { metaKey } from './store-keys.ts'

export interface DowngradeOperation {
  /** Such as `3.5.0`; empty: it is called off. */
  readonly target: string
}

const DOWNGRADE = metaKey('d')

/** Undefined while none is announced. */
export function downgradeTarget(view: StoreView): string | undefined {
  const bytes = view.get(DOWNGRADE)
  return bytes && utf8Text(bytes)
}

/** Why it cannot be announced or called off. */
export type DowngradeRefusal = 'downgradeInProgress' | 'noDowngrade'

export function changeDowngrade(
  batch: StoreBatch,
  { target }: DowngradeOperation,
): DowngradeRefusal | undefined {
  const isAnnounced = downgradeTarget(batch) !== undefined
  if (target === '') {
    if (!isAnnounced) return 'noDowngrade'
    batch.delete(DOWNGRADE)
    return undefined
  }
  if (isAnnounced) return 'downgradeInProgress'
  batch.put(DOWNGRADE, utf8Bytes(target))
  return undefined
}

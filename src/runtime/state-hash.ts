/**
 * A hash over everything that a replica's machine holds, by which replicas that have applied the same entries are
 * compared. What housekeeping has yet to remove is left out, whether it is gone already or not. It is taken in one
 * piece, which a node that serves has no time for.
 */
import { crc32c } from '../core/crc32c.ts'
import type { StateMachine } from './state-machine.ts'
import type { KeyRange, StoreView } from './store.ts'

/** @param range which keys; those of the machine. */
export function hashState(
  view: StoreView,
  isLive: ReturnType<StateMachine<unknown>['isLive']>,
  range: KeyRange,
): number {
  const cursor = view.scan(range)
  const lengths = new Uint8Array(8)
  const lengthsView = new DataView(lengths.buffer)
  let hash = 0
  while (cursor.next()) {
    const { key, value } = cursor
    if (!isLive(key, value)) continue
    lengthsView.setUint32(0, key.length)
    lengthsView.setUint32(4, value.length)
    hash = crc32c(value, crc32c(key, crc32c(lengths, hash)))
  }
  return hash
}

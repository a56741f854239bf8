/**
 * A hash over everything that a replica's machine holds, indexes included, for tests that compare replicas which
 * have applied the same entries. What compaction passed is left out, swept or not. It is taken in one piece:
 * a node that serves is asked for `hash-kv.ts` instead.
 */
import { type Checksum, crc32c } from '../../core/crc32c.ts'
import type { StoreView } from '../../runtime/store.ts'
import { livePairs } from './compaction.ts'
import { ALL_TABLES } from './store-keys.ts'

export function stateHash(view: StoreView, checksum: Checksum = crc32c): number {
  const isLive = livePairs(view)
  const cursor = view.scan(ALL_TABLES)
  let hash = 0
  while (cursor.next()) {
    const { key, value } = cursor
    if (!isLive(key, value)) continue
    const lengths = new Uint8Array(8)
    const lengthsView = new DataView(lengths.buffer)
    lengthsView.setUint32(0, key.length)
    lengthsView.setUint32(4, value.length)
    hash = checksum(value, checksum(key, checksum(lengths, hash)))
  }
  return hash
}

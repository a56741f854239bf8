/** What a look-up found. One of it serves all look-ups: a second object for each would be left to the collector. */
import { EMPTY } from '../../core/bytes.ts'
import { CopySlab } from './copy-slab.ts'
import { type RecordKind, TOMBSTONE } from './record.ts'

/** Speaks of the last record that was found; what `value` leads to stays valid. */
export class FoundRecord {
  kind: RecordKind = TOMBSTONE
  /** Of a tombstone, empty. */
  value: Uint8Array = EMPTY
  readonly slab = new CopySlab()
}

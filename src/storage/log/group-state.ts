/** What the log durably holds for one group. */
import { entryBytes } from '../../core/entry.ts'
import type { Doubt, LogBase, LogUpdate } from '../../core/log-update.ts'
import { EntryIndex } from './entry-index.ts'
import type { SegmentUse } from './segment-use.ts'

export class GroupState {
  promise: Uint8Array | undefined
  base: LogBase | undefined
  /** What a restart has to tell the group, because it has not made a promise durable since it came to that. */
  doubt: Doubt = 'none'
  readonly entries: EntryIndex

  constructor(use: SegmentUse) {
    this.entries = new EntryIndex(use)
  }

  /**
   * Takes in an update that stands durably in a batch (offsets are the segment's; `entriesAt` is the first
   * entry's). Keeps none of the update's bytes. A base is never taken back.
   */
  apply(update: LogUpdate, segment: number, batchAt: number, entriesAt: number): void {
    const { promise, truncateFrom, writes, base } = update
    if (promise !== undefined) this.promise = promise.slice()
    if (truncateFrom !== undefined) this.entries.truncateFrom(truncateFrom)
    if (writes !== undefined) {
      const baseIndex = this.base?.index ?? 0
      let at = entriesAt
      for (const entry of writes) {
        const length = entryBytes(entry)
        if (entry.index > baseIndex) this.entries.put(entry.index, segment, batchAt, at, length)
        at += length
      }
    }
    if (base !== undefined && base.index >= (this.base?.index ?? 0)) {
      this.base = { ...base, configuration: base.configuration.slice() }
      this.entries.dropTo(base.index)
    }
  }
}

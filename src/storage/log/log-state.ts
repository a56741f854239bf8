/** What the log durably holds, for all groups. Built by recovery, kept up by the writer, record by record. */
import { ByteReader } from '../../core/bytes.ts'
import type { GroupId } from '../../core/ids.ts'
import { BATCH_HEADER_BYTES } from './batch-header.ts'
import { GroupState } from './group-state.ts'
import { type LogRecord, readRecord } from './record.ts'
import type { SegmentUse } from './segment-use.ts'

export class LogState {
  readonly use: SegmentUse
  /** A damaged tail was discarded once: groups are told until they have made a promise durable since. */
  tailDiscarded = false
  readonly #groups = new Map<GroupId, GroupState>()

  constructor(use: SegmentUse) {
    this.use = use
  }

  get groups(): ReadonlyMap<GroupId, GroupState> {
    return this.#groups
  }

  /** The group's state; a new one if nothing is known of it. */
  group(id: GroupId): GroupState {
    let group = this.#groups.get(id)
    if (group === undefined) {
      group = new GroupState(this.use)
      group.knowsOfDiscardedTail = !this.tailDiscarded
      this.#groups.set(id, group)
    }
    return group
  }

  /** Whether a group has to be told that the last batch was damaged, and may have held something of it. */
  hasAmbiguousTail(id: GroupId): boolean {
    const group = this.#groups.get(id)
    return group === undefined ? this.tailDiscarded : !group.knowsOfDiscardedTail
  }

  discardTail(): void {
    this.tailDiscarded = true
    for (const group of this.#groups.values()) group.knowsOfDiscardedTail = false
  }

  /** Takes in a durable batch. Throws `DecodeError` if its records cannot be read. */
  applyBatch(payload: Uint8Array, segment: number, batchAt: number): void {
    const reader = new ByteReader(payload)
    while (reader.remaining > 0) this.#apply(readRecord(reader), segment, batchAt)
  }

  #apply(record: LogRecord, segment: number, batchAt: number): void {
    if (record.kind === 'tailDiscarded') return this.discardTail()
    const group = this.group(record.group)
    group.apply(record.update, segment, batchAt, batchAt + BATCH_HEADER_BYTES + record.entriesAt)
    if (record.isCarried) group.knowsOfDiscardedTail = !record.isToBeTold
    else if (record.update.promise !== undefined) group.knowsOfDiscardedTail = true
  }
}

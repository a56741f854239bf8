/** What the log durably holds, for all groups. Built by recovery, kept up by the writer, record by record. */
import { ByteReader } from '../../core/bytes.ts'
import type { GroupId } from '../../core/ids.ts'
import { type Doubt, graverDoubt } from '../../core/log-update.ts'
import { BATCH_HEADER_BYTES } from './batch-header.ts'
import { GroupState } from './group-state.ts'
import { type LogRecord, readRecord } from './record.ts'
import type { SegmentUse } from './segment-use.ts'

export class LogState {
  readonly use: SegmentUse
  /** The gravest that ever came: groups are told until they have made a promise durable since. */
  #doubt: Doubt = 'none'
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
      group.doubt = this.#doubt
      this.#groups.set(id, group)
    }
    return group
  }

  get doubt(): Doubt {
    return this.#doubt
  }

  /** What a group has to be told; one that is not known may have been in what was lost. */
  doubtOf(id: GroupId): Doubt {
    return this.#groups.get(id)?.doubt ?? this.#doubt
  }

  raiseDoubt(doubt: Doubt): void {
    this.#doubt = graverDoubt(this.#doubt, doubt)
    for (const group of this.#groups.values()) group.doubt = graverDoubt(group.doubt, doubt)
  }

  /** Takes in a durable batch. Throws `DecodeError` if its records cannot be read. */
  applyBatch(payload: Uint8Array, segment: number, batchAt: number): void {
    const reader = new ByteReader(payload)
    while (reader.remaining > 0) this.#apply(readRecord(reader), segment, batchAt)
  }

  #apply(record: LogRecord, segment: number, batchAt: number): void {
    if (record.kind === 'doubtRaised') return this.raiseDoubt(record.doubt)
    const group = this.group(record.group)
    group.apply(record.update, segment, batchAt, batchAt + BATCH_HEADER_BYTES + record.entriesAt)
    if (record.isCarried) group.doubt = record.doubt
    else if (record.update.promise !== undefined) group.doubt = 'none'
  }
}

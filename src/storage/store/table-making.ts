/** Writes the records of a cursor as tables, a slice at a time, and waits while the disk is behind. */
import type { DiskError } from '../../runtime/disk.ts'
import { SLICE_BYTES, SLICE_RECORDS } from './limits.ts'
import type { RecordCursor, RecordView } from './record-cursor.ts'
import type { TableMeta } from './table-meta.ts'
import { TableSequence, type TableSequenceOptions } from './table-sequence.ts'

export interface TableMakingOptions extends TableSequenceOptions {
  /** Whether what comes from this record on belongs into a table of its own. Asked for each record, in order. */
  beginsAnew?(record: RecordView): boolean
}

export class TableMaking {
  readonly #options: TableMakingOptions
  readonly #cursor: RecordCursor
  readonly #sequence: TableSequence
  readonly #done: (outcome: readonly TableMeta[] | DiskError) => void
  #isStopped = false

  /** @param done called once, in a later turn, as by `TableSequence.end`; unless stopped. */
  constructor(
    options: TableMakingOptions,
    cursor: RecordCursor,
    done: (outcome: readonly TableMeta[] | DiskError) => void,
  ) {
    this.#options = options
    this.#cursor = cursor
    this.#sequence = new TableSequence(options)
    this.#done = done
    this.#continue()
  }

  /** Nothing of it is left. */
  stop(): void {
    this.#isStopped = true
    this.#sequence.stop()
  }

  readonly #continue = (): void => {
    this.#options.clock.nextTurn(() => {
      if (!this.#isStopped) this.#slice()
    })
  }

  #slice(): void {
    const cursor = this.#cursor
    const sequence = this.#sequence
    const { beginsAnew } = this.#options
    let records = SLICE_RECORDS
    let bytes = SLICE_BYTES
    while (records-- > 0 && bytes > 0) {
      if (!cursor.next()) return sequence.end(this.#done)
      const { record } = cursor
      sequence.add(record, cursor.kind, beginsAnew?.(record) === true)
      bytes -= record.valueLength
    }
    if (sequence.isCongested) sequence.whenRelieved(this.#continue)
    else this.#continue()
  }
}

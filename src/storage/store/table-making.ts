/** Writes the records of cursors as tables, a slice at a time, and waits while the disk is behind. */
import { assert } from '../../core/assert.ts'
import type { DiskError } from '../../runtime/disk.ts'
import { MERGE_TURNS, SLICE_BYTES, SLICE_RECORDS } from './limits.ts'
import type { RecordCursor, RecordView } from './record-cursor.ts'
import type { TableMeta } from './table-meta.ts'
import { TableSequence, type TableSequenceOptions } from './table-sequence.ts'

export interface TableMakingOptions extends TableSequenceOptions {
  /** Whether what comes from this record on belongs into a table of its own. Asked for each record, in order. */
  beginsAnew?(record: RecordView): boolean
  /** Whether something more urgent is under way, which most turns are left to. */
  yieldsNow?(): boolean
}

export class TableMaking {
  readonly #options: TableMakingOptions
  readonly #sequence: TableSequence
  readonly #done: (outcome: readonly TableMeta[] | DiskError) => void
  #cursor: RecordCursor | undefined
  #written: () => void = () => {}
  #isAnew = false
  #isStopped = false

  /** @param done called once, in a later turn than that of `end`, or earlier with an error; unless stopped. */
  constructor(options: TableMakingOptions, done: (outcome: readonly TableMeta[] | DiskError) => void) {
    this.#options = options
    this.#sequence = new TableSequence(options)
    this.#done = done
  }

  /**
   * Writes all that the cursor has, behind what came before; `written` is called in a later turn.
   *
   * @param isAnew it begins a table of its own.
   */
  write(cursor: RecordCursor, written: () => void, isAnew = false): void {
    assert(this.#cursor === undefined, 'one cursor is written at a time')
    this.#cursor = cursor
    this.#written = written
    this.#isAnew ||= isAnew
    this.#continue()
  }

  end(): void {
    this.#sequence.end(this.#done)
  }

  /** Nothing of it is left once `stopped` is called. */
  stop(stopped: () => void): void {
    this.#isStopped = true
    this.#sequence.stop(stopped)
  }

  readonly #continue = (): void => this.#after(this.#options.yieldsNow?.() === true ? MERGE_TURNS : 1)

  #after(turns: number): void {
    this.#options.clock.nextTurn(() => {
      if (this.#isStopped) return
      if (turns > 1) this.#after(turns - 1)
      else this.#slice(this.#cursor!)
    })
  }

  #slice(cursor: RecordCursor): void {
    const sequence = this.#sequence
    const { beginsAnew } = this.#options
    let records = SLICE_RECORDS
    let bytes = SLICE_BYTES
    while (records-- > 0 && bytes > 0) {
      if (!cursor.next()) {
        this.#cursor = undefined
        return this.#written()
      }
      const { record } = cursor
      sequence.add(record, cursor.kind, beginsAnew?.(record) === true || this.#isAnew)
      this.#isAnew = false
      bytes -= record.valueLength
    }
    if (sequence.hasFailed) this.end()
    else if (sequence.isCongested) sequence.whenRelieved(this.#continue)
    else this.#continue()
  }
}

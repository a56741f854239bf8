/** Makes tables of memtables: what a checkpoint writes. */

import { EMPTY } from '../../core/bytes.ts'
import type { DiskError } from '../../runtime/disk.ts'
import type { Memtable } from '../memtable/memtable.ts'
import { keyspaceWithin } from './keyspace.ts'
import { MergingCursor } from './merging-cursor.ts'
import { compareKey, type RecordView } from './record-cursor.ts'
import { TableMaking } from './table-making.ts'
import type { TableMeta } from './table-meta.ts'
import type { TableSequenceOptions } from './table-sequence.ts'
import type { Version } from './version.ts'

export class Flush {
  readonly #making: TableMaking

  /**
   * @param frozen newest first.
   * @param version what is on disk: what lies behind all keys of a keyspace there gets a table of its own, which can
   *   then sink below everything and is never merged.
   */
  constructor(
    options: TableSequenceOptions,
    frozen: readonly Memtable[],
    version: Version,
    done: (outcome: readonly TableMeta[] | DiskError) => void,
  ) {
    const cursors = frozen.map(memtable => memtable.scan(EMPTY, undefined, 'forward'))
    const ends = new TableEnds(version)
    const beginsAnew = (record: RecordView): boolean => ends.isFirstBehind(record)
    this.#making = new TableMaking({ ...options, beginsAnew }, new MergingCursor(cursors, 'forward'), done)
  }

  stop(): void {
    this.#making.stop()
  }
}

/** Finds, as keys ascend, where each keyspace's old content ends. */
class TableEnds {
  readonly #version: Version
  #keyspace: number | undefined
  #last: Uint8Array | undefined

  constructor(version: Version) {
    this.#version = version
  }

  isFirstBehind(record: RecordView): boolean {
    const keyspace = keyspaceWithin(record.keyBytes, record.keyLength)
    if (keyspace !== this.#keyspace) {
      this.#keyspace = keyspace
      this.#last = this.#version.lastKey(keyspace)
    }
    if (this.#last === undefined || compareKey(record, this.#last, this.#last.length) <= 0) return false
    this.#last = undefined
    return true
  }
}

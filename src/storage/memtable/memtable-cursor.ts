/**
 * Walks over the records of a memtable, tombstones too. A step makes no objects: the value stays where it is, and
 * the key, which must begin at 0, is copied into a buffer that is used again.
 */

import { copyBytes, EMPTY } from '../../core/bytes.ts'
import type { Direction, KeyRange } from '../../runtime/store.ts'
import { type RecordKind, TOMBSTONE } from '../store/record.ts'
import { recordSum } from '../store/record-checksum.ts'
import type { SourceCursor } from '../store/record-cursor.ts'
import { type CursorSource, openCursor, type TreeCursor } from './cursor.ts'
import type { RecordPlace } from './packed-record.ts'

/** Most keys are not longer; for those that are, the buffer grows. */
const KEY_BYTES = 64

export class MemtableCursor implements SourceCursor, RecordPlace {
  keyBytes: Uint8Array = EMPTY
  keyLength = 0
  kind: RecordKind = TOMBSTONE
  valueBytes: Uint8Array = EMPTY
  valueAt = 0
  valueLength = 0
  /** Where the key lies in the memtable. */
  keySource: Uint8Array = EMPTY
  keyAt = 0
  readonly #walk: TreeCursor
  #keyBuffer: Uint8Array = EMPTY

  constructor(source: CursorSource, range: KeyRange, direction: Direction) {
    this.#walk = openCursor(source, range, direction)
  }

  get record(): this {
    return this
  }

  next(): boolean {
    const walk = this.#walk
    if (!walk.next()) return false
    walk.leaf.locate(walk.position, this)
    // Nothing but the key of a record by reference begins where its bytes begin.
    if (this.keyAt === 0) this.keyBytes = this.keySource
    else this.#copyKey()
    return true
  }

  /** Computed whenever it is asked for: these cursors are for reading, and who reads does not ask. */
  sum(hash: number): number {
    return recordSum(hash, this.valueBytes, this.valueAt, this.valueLength)
  }

  #copyKey(): void {
    const { keySource, keyAt, keyLength } = this
    if (this.#keyBuffer.length < keyLength)
      this.#keyBuffer = new Uint8Array(Math.max(KEY_BYTES, 2 * keyLength))
    const target = this.#keyBuffer
    this.keyBytes = target
    copyBytes(keySource, keyAt, keyLength, target, 0)
  }
}

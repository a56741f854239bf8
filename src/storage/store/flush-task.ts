/** Makes tables of records that come in pieces: what a checkpoint writes. */
import type { DiskError } from '../../runtime/disk.ts'
import { RecordImageCursor } from '../memtable/record-image.ts'
import { keyspaceWithin } from './keyspace.ts'
import { compareKey, type RecordView } from './record-cursor.ts'
import { TableMaking } from './table-making.ts'
import type { TableMeta } from './table-meta.ts'
import type { TableSequenceOptions } from './table-sequence.ts'

export interface FlushHost {
  /** The array is free again. */
  taken(bytes: Uint8Array): void
  done(outcome: readonly TableMeta[] | DiskError): void
}

interface Piece {
  readonly bytes: Uint8Array
  readonly length: number
}

export class FlushTask {
  readonly #making: TableMaking
  readonly #host: FlushHost
  readonly #pieces: Piece[] = []
  #isWriting = false
  #hasAll = false

  /**
   * @param ends the last key of each keyspace on disk: what lies behind it gets a table of its own, which can then sink
   *   below everything and is never merged.
   */
  constructor(options: TableSequenceOptions, ends: ReadonlyMap<number, Uint8Array>, host: FlushHost) {
    this.#host = host
    const keyspaces = new KeyspaceEnds(ends)
    const beginsAnew = (record: RecordView): boolean => keyspaces.isFirstBehind(record)
    this.#making = new TableMaking({ ...options, beginsAnew }, outcome => host.done(outcome))
  }

  records(bytes: Uint8Array, length: number): void {
    this.#pieces.push({ bytes, length })
    this.#next()
  }

  /** All have come. */
  end(): void {
    this.#hasAll = true
    this.#next()
  }

  stop(stopped: () => void): void {
    this.#pieces.length = 0
    this.#making.stop(stopped)
  }

  #next(): void {
    if (this.#isWriting) return
    const piece = this.#pieces.shift()
    if (piece === undefined) {
      if (this.#hasAll) this.#making.end()
      return
    }
    const { bytes, length } = piece
    this.#isWriting = true
    this.#making.write(new RecordImageCursor(bytes, length), () => {
      this.#isWriting = false
      this.#host.taken(bytes)
      this.#next()
    })
  }
}

/** Finds, as keys ascend, where each keyspace's old content ends. */
class KeyspaceEnds {
  readonly #ends: ReadonlyMap<number, Uint8Array>
  #keyspace: number | undefined
  #last: Uint8Array | undefined

  constructor(ends: ReadonlyMap<number, Uint8Array>) {
    this.#ends = ends
  }

  isFirstBehind(record: RecordView): boolean {
    const keyspace = keyspaceWithin(record.keyBytes, record.keyLength)
    if (keyspace !== this.#keyspace) {
      this.#keyspace = keyspace
      this.#last = this.#ends.get(keyspace)
    }
    if (this.#last === undefined || compareKey(record, this.#last, this.#last.length) <= 0) return false
    this.#last = undefined
    return true
  }
}

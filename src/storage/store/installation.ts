/** A whole new content on its way in: its pairs come in key order and are written as they come. */
import { assert } from '../../core/assert.ts'
import { compareBytes, EMPTY } from '../../core/bytes.ts'
import type { DiskError } from '../../runtime/disk.ts'
import type { StoreCallback, StoreInstallation } from '../../runtime/store.ts'
import { INSERT } from './record.ts'
import { recordSum } from './record-checksum.ts'
import type { RecordView } from './record-cursor.ts'
import type { TableMeta } from './table-meta.ts'
import { TableSequence, type TableSequenceOptions } from './table-sequence.ts'

/** What a store makes of the tables: switches over to them, or says why not. */
export type TakeTables = (tables: readonly TableMeta[], done: StoreCallback) => void

export class Installation implements StoreInstallation {
  readonly #sequence: TableSequence
  readonly #enqueue: (run: (take: TakeTables, done: StoreCallback) => void, done: StoreCallback) => void
  readonly #pair = new PairRecord()
  #lastKey: Uint8Array | undefined
  #hasEnded = false

  /** @param enqueue runs the commit when its turn among the store's other durable writes has come. */
  constructor(
    options: TableSequenceOptions,
    enqueue: (run: (take: TakeTables, done: StoreCallback) => void, done: StoreCallback) => void,
  ) {
    this.#sequence = new TableSequence(options)
    this.#enqueue = enqueue
  }

  get isCongested(): boolean {
    return this.#sequence.isCongested
  }

  whenRelieved(run: () => void): void {
    assert(this.isCongested, 'only who finds the installation congested waits for its relief')
    this.#sequence.whenRelieved(run)
  }

  put(key: Uint8Array, value: Uint8Array): void {
    assert(!this.#hasEnded, 'an installation that ended takes no pairs')
    assert(
      this.#lastKey === undefined || compareBytes(this.#lastKey, key) < 0,
      'the pairs of an installation come in strictly ascending key order',
    )
    this.#lastKey = key.slice()
    this.#pair.set(key, value)
    this.#sequence.add(this.#pair, INSERT, false)
  }

  commit(done: StoreCallback): void {
    assert(!this.#hasEnded, 'an installation is committed once')
    this.#hasEnded = true
    this.#enqueue((take, ended) => {
      this.#sequence.end(outcome => {
        if (isTables(outcome)) take(outcome, ended)
        else ended(outcome)
      })
    }, done)
  }

  abort(): void {
    this.#hasEnded = true
    this.#sequence.stop(() => {})
  }
}

function isTables(outcome: readonly TableMeta[] | DiskError): outcome is readonly TableMeta[] {
  return Array.isArray(outcome)
}

/** A pair as a record. */
class PairRecord implements RecordView {
  readonly kind = INSERT
  readonly valueAt = 0
  keyBytes = EMPTY
  keyLength = 0
  valueBytes = EMPTY
  valueLength = 0

  set(key: Uint8Array, value: Uint8Array): void {
    this.keyBytes = key
    this.keyLength = key.length
    this.valueBytes = value
    this.valueLength = value.length
  }

  sum(hash: number): number {
    return recordSum(hash, this.valueBytes, 0, this.valueLength)
  }
}

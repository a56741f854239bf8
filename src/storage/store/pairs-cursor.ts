import { assert } from '../../core/assert.ts'
import type { StoreCursor } from '../../runtime/store.ts'
import { CopySlab } from './copy-slab.ts'
import { TOMBSTONE } from './record.ts'
import type { RecordCursor } from './record-cursor.ts'

/** What a cursor reads, and when it stopped being what it was. */
export interface CursorGuard {
  /** Changes with every write to what is read, and with the release of a pin. */
  readonly version: number
}

/** The pairs that exist among records. What it hands out to stay is copied. */
export class PairsCursor implements StoreCursor {
  readonly #records: RecordCursor
  readonly #guard: CursorGuard
  readonly #version: number
  readonly #slab = new CopySlab()
  #isOnPair = false

  constructor(records: RecordCursor, guard: CursorGuard) {
    this.#records = records
    this.#guard = guard
    this.#version = guard.version
  }

  next(): boolean {
    assert(this.#guard.version === this.#version, 'a cursor ends with the next write to what it reads')
    const records = this.#records
    do this.#isOnPair = records.next()
    while (this.#isOnPair && records.kind === TOMBSTONE)
    return this.#isOnPair
  }

  get key(): Uint8Array {
    assert(this.#isOnPair, 'a cursor has a pair after a step that found one')
    const { keyBytes, keyLength } = this.#records.record
    return this.#slab.copy(keyBytes, 0, keyLength)
  }

  get value(): Uint8Array {
    assert(this.#isOnPair, 'a cursor has a pair after a step that found one')
    const { valueBytes, valueAt, valueLength } = this.#records.record
    return this.#slab.copy(valueBytes, valueAt, valueLength)
  }

  get valueUntilNext(): Uint8Array {
    assert(this.#isOnPair, 'a cursor has a pair after a step that found one')
    const { valueBytes, valueAt, valueLength } = this.#records.record
    return valueBytes.subarray(valueAt, valueAt + valueLength)
  }
}

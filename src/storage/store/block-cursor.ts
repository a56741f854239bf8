/** Walks over the records of one checked block after the other, forward or backward. */
import { copyBytes } from '../../core/bytes.ts'
import {
  kindAt,
  LONE_HEADER_BYTES,
  prefixAt,
  prefixLength,
  RECORD_HEAD_BYTES,
  RECORD_SUM_AT,
  readI32,
  readU16,
  readU32,
  recordAt,
  recordCount,
} from './block-format.ts'
import { type RecordKind, TOMBSTONE } from './record.ts'

/** Arrays up to this lie in the heap, where making one costs a tenth. */
const FIRST_BYTES = 64

/** The fields are those of a `RecordCursor`; the key is put together in an array of its own. */
export class BlockCursor {
  keyBytes: Uint8Array
  keyLength = 0
  kind: RecordKind = TOMBSTONE
  valueBytes: Uint8Array
  valueAt = 0
  valueLength = 0
  storedSum = 0
  /** The next record, and how many there are from it on. */
  protected position = 0
  protected left = 0
  readonly #step: 1 | -1
  #keyBuffer = new Uint8Array(FIRST_BYTES)
  #valueBuffer: Uint8Array | undefined
  #prefixLength = 0
  #isLone = false

  /** With `copiesValues` they stay what they are when the block's bytes change under the cursor. */
  constructor(direction: 'forward' | 'backward', copiesValues: boolean) {
    this.#step = direction === 'forward' ? 1 : -1
    this.keyBytes = this.#keyBuffer
    if (copiesValues) this.#valueBuffer = new Uint8Array(FIRST_BYTES)
    this.valueBytes = this.#valueBuffer ?? this.#keyBuffer
  }

  /** Goes to before the records from position `low` up to, not including, `high`. */
  enter(bytes: Uint8Array, at: number, low: number, high: number): void {
    this.left = high > low ? high - low : 0
    this.position = this.#step > 0 ? low : high - 1
    const records = recordCount(bytes, at)
    this.#isLone = records === 0
    if (this.#isLone) return
    const length = prefixLength(bytes, at)
    if (length > this.#keyBuffer.length) this.#keyBuffer = new Uint8Array(2 * length)
    this.keyBytes = this.#keyBuffer
    this.#prefixLength = length
    copyBytes(bytes, prefixAt(at, records), length, this.#keyBuffer, 0)
  }

  /** Moves to the next record of the block that was entered; the bytes are still the same. */
  step(bytes: Uint8Array, at: number): boolean {
    if (this.left === 0) return false
    this.left--
    const position = this.position
    this.position = position + this.#step
    if (this.#isLone) {
      this.#takeLone(bytes, at)
      return true
    }
    const start = recordAt(bytes, at, position)
    const end = recordAt(bytes, at, position + 1)
    const suffixLength = readU16(bytes, start)
    const from = start + RECORD_HEAD_BYTES
    this.kind = kindAt(bytes, at, position)
    this.storedSum = readI32(bytes, start + RECORD_SUM_AT)
    const shared = this.#prefixLength
    const keyLength = shared + suffixLength
    if (keyLength > this.#keyBuffer.length) this.#growKey(keyLength)
    copyBytes(bytes, from, suffixLength, this.#keyBuffer, shared)
    this.keyLength = keyLength
    this.#takeValue(bytes, from + suffixLength, end - from - suffixLength)
    return true
  }

  sum(): number {
    return this.storedSum
  }

  #takeValue(bytes: Uint8Array, at: number, length: number): void {
    this.valueLength = length
    const buffer = this.#valueBuffer
    if (buffer === undefined) {
      this.valueBytes = bytes
      this.valueAt = at
    } else if (length <= buffer.length) {
      copyBytes(bytes, at, length, buffer, 0)
      this.valueBytes = buffer
      this.valueAt = 0
    } else {
      this.valueBytes = this.#valueBuffer = new Uint8Array(2 * length)
      copyBytes(bytes, at, length, this.valueBytes, 0)
      this.valueAt = 0
    }
  }

  /** A lone block's bytes are nobody else's, and stay as they are while the cursor is on it. */
  #takeLone(bytes: Uint8Array, at: number): void {
    const keyAt = at + LONE_HEADER_BYTES
    this.kind = readU16(bytes, at + 6) as RecordKind
    this.keyLength = readU32(bytes, at + 8)
    this.valueLength = readU32(bytes, at + 12)
    this.storedSum = readI32(bytes, at + 16)
    this.keyBytes = bytes.subarray(keyAt, keyAt + this.keyLength)
    this.valueBytes = bytes
    this.valueAt = keyAt + this.keyLength
  }

  #growKey(length: number): void {
    const grown = new Uint8Array(2 * length)
    grown.set(this.#keyBuffer.subarray(0, this.#prefixLength))
    this.keyBytes = this.#keyBuffer = grown
  }
}

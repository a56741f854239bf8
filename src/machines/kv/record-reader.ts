/**
 * Reads what this machine wrote into its own store. Unlike `ByteReader` it trusts the bytes, whose checksums the
 * store has checked, and makes no `DataView`, which took as long as everything else that a read decodes.
 */
import { assert } from '../../core/assert.ts'

export class RecordReader {
  readonly #record: Uint8Array
  #at = 0

  constructor(record: Uint8Array) {
    this.#record = record
  }

  get isAtEnd(): boolean {
    return this.#at === this.#record.length
  }

  u8(): number {
    const byte = this.#record[this.#at++]
    assert(byte !== undefined, 'a record of the store is whole')
    return byte
  }

  varint(): number {
    let byte = this.u8()
    let value = byte & 0x7f
    for (let scale = 0x80; byte > 0x7f; scale *= 0x80) {
      byte = this.u8()
      value += (byte & 0x7f) * scale
    }
    return value
  }

  /** Up to ten bytes in two's complement, exactly. */
  int64(): bigint {
    let value = 0n
    let shift = 0n
    let byte = 0x80
    while (byte > 0x7f) {
      byte = this.u8()
      value |= BigInt(byte & 0x7f) << shift
      shift += 7n
    }
    return BigInt.asIntN(64, value)
  }

  /** A view of as many bytes as the number before them says. */
  sizedBytes(): Uint8Array {
    const length = this.varint()
    const start = this.#at
    this.#at += length
    assert(this.#at <= this.#record.length, 'a record of the store is whole')
    return this.#record.subarray(start, this.#at)
  }
}

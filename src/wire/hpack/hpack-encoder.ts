/**
 * Fields in, header blocks out (RFC 7541). Fields that are indexed are long-lived objects of the
 * caller: they are found again by identity, which costs a look-up instead of two hashed strings.
 */
import { DynamicTable } from './dynamic-table.ts'
import type { HeaderField } from './header-field.ts'
import { huffmanBytes, huffmanEncode } from './huffman.ts'
import { HPACK_TABLE_BYTES } from './limits.ts'
import { STATIC_TABLE_LENGTH, staticFieldIndex, staticNameIndex } from './static-table.ts'

export class HpackEncoder {
  readonly #table: DynamicTable
  /** Which field, by the number it was added under. */
  readonly #added = new Map<HeaderField, number>()
  #block = new Uint8Array(256)
  #at = 0
  /** §4.2: the smallest and the last limit since the last block must be announced at the next one's start. */
  #smallestResize = -1
  #lastResize = -1

  constructor(tableBytesMax = HPACK_TABLE_BYTES) {
    this.#table = new DynamicTable(tableBytesMax, field => this.#added.delete(field))
  }

  get table(): DynamicTable {
    return this.#table
  }

  /** The other end's SETTINGS_HEADER_TABLE_SIZE: obeyed when smaller, not made use of when larger. */
  limitTable(bytesMax: number): void {
    const limit = Math.min(bytesMax, HPACK_TABLE_BYTES)
    if (limit === this.#table.bytesMax && this.#lastResize < 0) return
    if (this.#smallestResize < 0 || limit < this.#smallestResize) this.#smallestResize = limit
    this.#lastResize = limit
    this.#table.resize(limit)
  }

  begin(): void {
    this.#at = 0
    if (this.#lastResize < 0) return
    if (this.#smallestResize < this.#lastResize) this.#integer(0x20, 0x1f, this.#smallestResize)
    this.#integer(0x20, 0x1f, this.#lastResize)
    this.#smallestResize = this.#lastResize = -1
  }

  field(field: HeaderField): void {
    const number = this.#added.get(field)
    if (number !== undefined) {
      return this.#integer(0x80, 0x7f, STATIC_TABLE_LENGTH + 1 + this.#table.added - number)
    }
    const known = staticFieldIndex(field)
    if (known > 0) return this.#integer(0x80, 0x7f, known)
    if (field.indexing === 'always') {
      // The name must be found before the field itself may push entries out.
      this.#literal(0x40, 0x3f, field)
      if (this.#table.add(field)) this.#added.set(field, this.#table.added)
    } else {
      this.#literal(field.indexing === 'never' ? 0x10 : 0, 0x0f, field)
    }
  }

  /** The block since `begin` is the first `length` bytes of this, until the next `begin`. */
  get block(): Uint8Array {
    return this.#block
  }

  get length(): number {
    return this.#at
  }

  /** The same as a view. */
  end(): Uint8Array {
    return this.#block.subarray(0, this.#at)
  }

  #literal(pattern: number, mask: number, field: HeaderField): void {
    const nameIndex = staticNameIndex(field.name)
    this.#integer(pattern, mask, nameIndex)
    if (nameIndex === 0) this.#string(field.name)
    this.#string(field.value)
  }

  #integer(pattern: number, mask: number, value: number): void {
    this.#reserve(6)
    if (value < mask) {
      this.#block[this.#at++] = pattern | value
      return
    }
    this.#block[this.#at++] = pattern | mask
    value -= mask
    while (value >= 0x80) {
      this.#block[this.#at++] = (value & 0x7f) | 0x80
      value >>>= 7
    }
    this.#block[this.#at++] = value
  }

  #string(text: string): void {
    const coded = huffmanBytes(text)
    if (coded < text.length) {
      this.#integer(0x80, 0x7f, coded)
      this.#reserve(coded)
      this.#at = huffmanEncode(text, this.#block, this.#at)
      return
    }
    this.#integer(0, 0x7f, text.length)
    this.#reserve(text.length)
    for (let i = 0; i < text.length; i++) this.#block[this.#at++] = text.charCodeAt(i)
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#block.length) return
    const next = new Uint8Array(Math.max(this.#block.length * 2, this.#at + count))
    next.set(this.#block)
    this.#block = next
  }
}

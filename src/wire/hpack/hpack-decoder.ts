/**
 * Header blocks in, fields out (RFC 7541). One decoder per direction of a connection; it must see every block,
 * in order. Throws nothing but `DecodeError`, which the connection does not survive.
 */
import { DecodeError } from '../../core/bytes.ts'
import { DynamicTable } from './dynamic-table.ts'
import { FieldKind, HeaderField, kindOfName } from './header-field.ts'
import { huffmanDecode } from './huffman.ts'
import { HPACK_INTEGER_MAX, HPACK_TABLE_BYTES } from './limits.ts'
import { STATIC_TABLE, STATIC_TABLE_LENGTH } from './static-table.ts'

export class HpackDecoder {
  readonly #table: DynamicTable
  readonly #tableBytesMax: number
  #bytes: Uint8Array = new Uint8Array(0)
  #at = 0
  #end = 0

  /** `tableBytesMax` is what we told the other end in SETTINGS_HEADER_TABLE_SIZE. */
  constructor(tableBytesMax = HPACK_TABLE_BYTES) {
    this.#tableBytesMax = tableBytesMax
    this.#table = new DynamicTable(tableBytesMax)
  }

  get table(): DynamicTable {
    return this.#table
  }

  /**
   * Appends the fields of one whole block to `fields`, and returns their size as §4.1 counts it. Fields beyond
   * `listBytesMax` are decoded, because the table depends on them, but not kept.
   */
  decode(bytes: Uint8Array, from: number, to: number, fields: HeaderField[], listBytesMax: number): number {
    this.#bytes = bytes
    this.#at = from
    this.#end = to
    let size = 0
    let first = true
    while (this.#at < to) {
      const byte = bytes[this.#at]!
      if ((byte & 0xe0) === 0x20) {
        if (!first) throw this.#error('table size update behind a field')
        this.#resize()
        continue
      }
      first = false
      const field = byte >= 0x80 ? this.#indexed() : this.#literal(byte)
      size += field.size
      if (size <= listBytesMax) fields.push(field)
    }
    this.#bytes = STALE
    return size
  }

  /** §6.1 */
  #indexed(): HeaderField {
    return this.#entry(this.#integer(0x7f))
  }

  /** §6.2: with incremental indexing (01), without (0000), never indexed (0001). */
  #literal(byte: number): HeaderField {
    const indexing = byte >= 0x40 ? 'always' : byte >= 0x10 ? 'never' : 'once'
    const nameIndex = this.#integer(byte >= 0x40 ? 0x3f : 0x0f)
    let field: HeaderField
    if (nameIndex === 0) {
      const name = this.#string()
      field = new HeaderField(name, this.#string(), indexing)
    } else {
      const named = STATIC_TABLE_LENGTH < nameIndex ? this.#entry(nameIndex) : STATIC_TABLE[nameIndex]!
      const value = this.#string()
      field = new HeaderField(named.name, value, indexing, kindOf(named))
    }
    if (byte >= 0x40) this.#table.add(field)
    return field
  }

  /** §6.3 */
  #resize(): void {
    const bytesMax = this.#integer(0x1f)
    if (bytesMax > this.#tableBytesMax) throw this.#error('table size update beyond the limit')
    this.#table.resize(bytesMax)
  }

  #entry(index: number): HeaderField {
    if (index === 0) throw this.#error('index 0')
    if (index <= STATIC_TABLE_LENGTH) return STATIC_TABLE[index]!
    const field = this.#table.get(index - STATIC_TABLE_LENGTH - 1)
    if (field === undefined) throw this.#error(`index ${index} beyond the table`)
    return field
  }

  /** §5.1; `mask` covers the bits of the first byte that belong to the number. */
  #integer(mask: number): number {
    let value = this.#byte() & mask
    if (value < mask) return value
    let scale = 1
    for (;;) {
      const byte = this.#byte()
      value += (byte & 0x7f) * scale
      if (value > HPACK_INTEGER_MAX || scale > HPACK_INTEGER_MAX) throw this.#error('integer too large')
      if (byte < 0x80) return value
      scale *= 0x80
    }
  }

  /** §5.2 */
  #string(): string {
    const huffman = this.#at < this.#end && this.#bytes[this.#at]! >= 0x80
    const length = this.#integer(0x7f)
    const from = this.#at
    const to = from + length
    if (to > this.#end) throw this.#error('truncated string')
    this.#at = to
    return huffman ? huffmanDecode(this.#bytes, from, to) : byteText(this.#bytes, from, to)
  }

  #byte(): number {
    if (this.#at >= this.#end) throw this.#error('truncated')
    return this.#bytes[this.#at++]!
  }

  #error(what: string): DecodeError {
    return new DecodeError(`HPACK: ${what} at byte ${this.#at}`)
  }
}

/** The bytes were only lent: nothing of them is kept between blocks. */
const STALE = new Uint8Array(0)

/** A name has been looked at before, unless what was wrong was the value beside it. */
function kindOf(named: HeaderField): FieldKind {
  return named.kind === FieldKind.malformed ? kindOfName(named.name) : named.kind
}

function byteText(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let at = from; at < to; at++) text += String.fromCharCode(bytes[at]!)
  return text
}

/**
 * Reads the protobuf wire format (protobuf.dev, "Encoding"): tags, varints, length-delimited fields. It
 * throws nothing but `DecodeError`, reads every byte at most once, and allocates nothing but views.
 *
 * A field whose wire type is not the declared one is an unknown field, and is skipped, as the specification
 * says; groups (long deprecated, and in no message of etcd's) are refused.
 */
import { DecodeError } from '../../core/bytes.ts'
import { utf8Text } from '../../core/utf8.ts'
import { NESTING_MAX } from './limits.ts'

/** A field's number and wire type, as they stand on the wire. */
export function varintTag(field: number): number {
  return field << 3
}

export function bytesTag(field: number): number {
  return (field << 3) | 2
}

const TWO_32 = 2 ** 32

export class ProtobufReader {
  readonly #buffer: Uint8Array
  #at = 0
  #end: number
  #depth = 0
  #elements = 0
  /** The two halves of the varint that `#varint64` read last. */
  #low = 0
  #high = 0

  constructor(buffer: Uint8Array) {
    this.#buffer = buffer
    this.#end = buffer.length
  }

  /** Whether the message that is being read has another field. */
  more(): boolean {
    return this.#at < this.#end
  }

  /** The next field's tag, to be compared with `varintTag(n)` and `bytesTag(n)`. */
  tag(): number {
    const first = this.#buffer[this.#at]!
    // Fields 1 to 15 need one byte; `more` has said that there is one.
    if (first > 7 && first < 0x80) {
      this.#at++
      return first
    }
    this.#varint64()
    if (this.#high !== 0 || this.#low >>> 3 === 0) throw this.error('invalid field number')
    return this.#low >>> 0
  }

  /** Passes over a field that is not known. */
  skip(tag: number): void {
    switch (tag & 7) {
      case 0:
        return this.#varint64()
      case 1:
        return this.#advance(8)
      case 2:
        return this.#advance(this.#length())
      case 5:
        return this.#advance(4)
      default:
        throw this.error(`invalid wire type ${tag & 7}`)
    }
  }

  /** An int64 as a number. Beyond 2^53 it saturates: it never rounds to a number that it is not. */
  int64(): number {
    if (this.#small()) return this.#low
    const high = this.#high | 0
    if (high >= 0x200000) return Number.MAX_SAFE_INTEGER
    if (high < -0x200000) return Number.MIN_SAFE_INTEGER
    const value = high * TWO_32 + (this.#low >>> 0)
    return value < Number.MIN_SAFE_INTEGER ? Number.MIN_SAFE_INTEGER : value
  }

  /** A uint64 as a number. Beyond 2^53 it saturates. */
  uint64(): number {
    if (this.#small()) return this.#low
    const high = this.#high >>> 0
    return high >= 0x200000 ? Number.MAX_SAFE_INTEGER : high * TWO_32 + (this.#low >>> 0)
  }

  /** An int64, exact: for ids that others choose. */
  int64big(): bigint {
    if (this.#small()) return this.#low === 0 ? 0n : BigInt(this.#low)
    return (BigInt(this.#high | 0) << 32n) | BigInt(this.#low >>> 0)
  }

  /** A uint64, exact. */
  uint64big(): bigint {
    if (this.#small()) return this.#low === 0 ? 0n : BigInt(this.#low)
    return (BigInt(this.#high >>> 0) << 32n) | BigInt(this.#low >>> 0)
  }

  /** The low 32 bits of a varint, unsigned. */
  uint32(): number {
    return this.#small() ? this.#low : this.#low >>> 0
  }

  /** An enum's number, which need not be one that is known. */
  enumeration(): number {
    return this.#small() ? this.#low : this.#low | 0
  }

  bool(): boolean {
    return this.#small() ? this.#low !== 0 : (this.#low | this.#high) !== 0
  }

  /** A view. */
  bytes(): Uint8Array {
    const start = this.#field()
    return this.#buffer.subarray(start, this.#at)
  }

  string(): string {
    return utf8Text(this.bytes())
  }

  /**
   * Reads the message that the field holds. A field that comes twice is merged, as protobuf merges it:
   * `before` is what came first.
   */
  message<Message>(read: (from: ProtobufReader, before?: Message) => Message, before?: Message): Message {
    const start = this.#field()
    const outer = this.#end
    if (++this.#depth > NESTING_MAX) throw this.error('nested too deeply')
    this.#end = this.#at
    this.#at = start
    const message = read(this, before)
    this.#depth--
    this.#end = outer
    return message
  }

  /** Counts one more repeated element against a limit over the whole message. */
  element(max: number): void {
    if (++this.#elements > max) throw this.error(`more than ${max} elements`)
  }

  error(what: string): DecodeError {
    return new DecodeError(`${what} at byte ${this.#at}`)
  }

  /** Passes over a length-delimited field's content and returns where it begins. */
  #field(): number {
    const length = this.#length()
    const start = this.#at
    this.#advance(length)
    return start
  }

  #length(): number {
    if (this.#small()) return this.#low
    if (this.#high !== 0 || this.#low < 0) throw this.error('length beyond the message')
    return this.#low
  }

  #advance(count: number): void {
    if (count > this.#end - this.#at) throw this.error('truncated')
    this.#at += count
  }

  /** Reads a varint; true if one byte held it, and then `#low` is all of it. */
  #small(): boolean {
    if (this.#at < this.#end) {
      const first = this.#buffer[this.#at]!
      if (first < 0x80) {
        this.#at++
        this.#low = first
        return true
      }
    }
    this.#varint64()
    return false
  }

  #varint64(): void {
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= this.#end) throw this.error('truncated')
      const byte = this.#buffer[this.#at++]!
      const bits = byte & 0x7f
      if (shift < 32) low |= bits << shift
      // The fifth byte straddles the halves: four of its bits are low, three are high.
      if (shift >= 32) high |= bits << (shift - 32)
      else if (shift === 28) high |= bits >>> 4
      if (byte < 0x80) {
        if (shift === 63 && byte > 1) break
        this.#low = low
        this.#high = high
        return
      }
    }
    throw this.error('varint beyond 64 bits')
  }
}

/** Reads a whole message from bytes. Throws `DecodeError`. */
export function decode<Message>(bytes: Uint8Array, read: (from: ProtobufReader) => Message): Message {
  return read(new ProtobufReader(bytes))
}

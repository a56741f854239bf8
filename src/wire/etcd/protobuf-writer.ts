/**
 * Writes the protobuf wire format, canonically: fields in ascending order, nothing for a field that holds
 * its default (proto3's implicit presence). Forward, so that a response that is gathered in slices can be
 * written while it is gathered; the length of an inner message is patched in behind it.
 */
import { utf8Bytes } from '../../core/utf8.ts'

const TWO_32 = 2 ** 32

/** Below this many bytes a loop beats `TypedArray.set` (`bench/etcd-codec.ts`). */
const LOOP_BYTES_MAX = 32

/** A buffer that grew beyond this for one large message is not kept for the small ones after it. */
const KEPT_BYTES_MAX = 1024 * 1024

export class ProtobufWriter {
  readonly #initialBytes: number
  #buffer: Uint8Array
  #at = 0

  constructor(initialBytes = 4096) {
    this.#initialBytes = initialBytes
    this.#buffer = new Uint8Array(initialBytes)
  }

  get length(): number {
    return this.#at
  }

  /** Forgets what was written; views that `written` gave are overwritten from now on. */
  reset(): void {
    this.#at = 0
    if (this.#buffer.length > KEPT_BYTES_MAX) this.#buffer = new Uint8Array(this.#initialBytes)
  }

  /** A view of everything written, valid until the next write or `reset`. */
  written(): Uint8Array {
    return this.#buffer.subarray(0, this.#at)
  }

  /** An int64 field from a whole number within 2^53. */
  int64(field: number, value: number): void {
    if (value === 0) return
    this.#reserve(15)
    this.#varint(field << 3)
    if (value > 0) this.#varint(value)
    else this.#varint64(BigInt.asUintN(64, BigInt(value)))
  }

  /** An int64 or uint64 field, exact. */
  int64big(field: number, value: bigint): void {
    if (value === 0n) return
    this.#reserve(15)
    this.#varint(field << 3)
    if (value > 0n && value <= 0x1fffffffffffffn) this.#varint(Number(value))
    else this.#varint64(BigInt.asUintN(64, value))
  }

  /** A field of any enum of etcd's, none of which has negative numbers. */
  enumeration(field: number, value: number): void {
    this.int64(field, value)
  }

  bool(field: number, value: boolean): void {
    if (!value) return
    this.#reserve(6)
    this.#varint(field << 3)
    this.#buffer[this.#at++] = 1
  }

  bytes(field: number, value: Uint8Array): void {
    if (value.length !== 0) this.element(field, value)
  }

  /** As `bytes`, but written even when empty: an element of a repeated field, or a member of a oneof. */
  element(field: number, value: Uint8Array): void {
    const { length } = value
    this.#reserve(length + 10)
    this.#varint((field << 3) | 2)
    this.#varint(length)
    const buffer = this.#buffer
    const at = this.#at
    if (length <= LOOP_BYTES_MAX) for (let i = 0; i < length; i++) buffer[at + i] = value[i]!
    else buffer.set(value, at)
    this.#at = at + length
  }

  string(field: number, value: string): void {
    if (value !== '') this.element(field, utf8Bytes(value))
  }

  /** A repeated string field. */
  strings(field: number, values: readonly string[]): void {
    for (const value of values) this.element(field, utf8Bytes(value))
  }

  /** As `int64`, but written even when zero: a member of a oneof. */
  int64Member(field: number, value: number): void {
    if (value === 0) this.#zero(field)
    else this.int64(field, value)
  }

  int64bigMember(field: number, value: bigint): void {
    if (value === 0n) this.#zero(field)
    else this.int64big(field, value)
  }

  /** Fields that were encoded before, as they are. */
  encoded(fields: Uint8Array): void {
    this.#reserve(fields.length)
    this.#buffer.set(fields, this.#at)
    this.#at += fields.length
  }

  /** Begins an inner message whose size is known, so that nothing has to be moved afterwards. */
  sized(field: number, sizeBytes: number): void {
    this.#reserve(sizeBytes + 10)
    this.#varint((field << 3) | 2)
    this.#varint(sizeBytes)
  }

  /** Begins an inner message; `end` wants what this returns. */
  begin(field: number): number {
    this.#reserve(6)
    this.#varint((field << 3) | 2)
    return ++this.#at
  }

  /** Ends an inner message: its length goes before it, and if one byte is too small for it, it moves up. */
  end(start: number): void {
    const length = this.#at - start
    const more = varintBytes(length) - 1
    if (more > 0) {
      this.#reserve(more)
      this.#buffer.copyWithin(start + more, start, this.#at)
    }
    this.#at = start - 1
    this.#varint(length)
    this.#at += length
  }

  #zero(field: number): void {
    this.#reserve(6)
    this.#varint(field << 3)
    this.#buffer[this.#at++] = 0
  }

  #varint(value: number): void {
    const buffer = this.#buffer
    let at = this.#at
    while (value >= TWO_32) {
      buffer[at++] = (value % 0x80) | 0x80
      value = Math.floor(value / 0x80)
    }
    while (value > 0x7f) {
      buffer[at++] = (value & 0x7f) | 0x80
      value >>>= 7
    }
    buffer[at++] = value
    this.#at = at
  }

  /** In halves, because arithmetic on bigints costs fifty times as much as on numbers. */
  #varint64(value: bigint): void {
    const buffer = this.#buffer
    let at = this.#at
    let low = Number(value & 0xffffffffn)
    let high = Number(value >> 32n)
    while (high !== 0 || low > 0x7f) {
      buffer[at++] = (low & 0x7f) | 0x80
      low = ((low >>> 7) | (high << 25)) >>> 0
      high >>>= 7
    }
    buffer[at++] = low
    this.#at = at
  }

  #reserve(count: number): void {
    const needed = this.#at + count
    if (needed <= this.#buffer.length) return
    const next = new Uint8Array(Math.max(needed, this.#buffer.length * 2))
    next.set(this.#buffer.subarray(0, this.#at))
    this.#buffer = next
  }
}

/** How many bytes a whole number from 0 to 2^53 takes as a varint. */
export function varintBytes(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  if (value < 0x200000) return 3
  if (value < 0x10000000) return 4
  let bytes = 5
  for (let rest = Math.floor(value / 0x800000000); rest > 0; rest = Math.floor(rest / 0x80)) bytes++
  return bytes
}

/** Encodes a whole message into bytes of its own; servers write into a writer that they keep. */
export function encode<Message>(message: Message, write: (to: ProtobufWriter, message: Message) => void) {
  const to = new ProtobufWriter(256)
  write(to, message)
  return to.written()
}

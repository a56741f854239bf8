/**
 * Reading and writing bytes, for codecs: little-endian fixed-width integers, LEB128 varints, views instead
 * of copies. Bytes that come from outside are read through `ByteReader`, which throws nothing but
 * `DecodeError` and never allocates more than it was given.
 */
import { assert } from './assert.ts'

export const EMPTY: Uint8Array = new Uint8Array(0)

/** Bytes that are not what the format says. Whoever reads from outside catches it and refuses the input. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
}

/** Orders like memcmp: negative if `a` sorts before `b`, zero if equal. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = a.length < b.length ? a.length : b.length
  for (let i = 0; i < shared; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** How many bytes both begin with; they are known to share the first `at`. */
export function sharedBytes(a: Uint8Array, b: Uint8Array, at = 0): number {
  const shorter = a.length < b.length ? a.length : b.length
  while (at < shorter && a[at] === b[at]) at++
  return at
}

/** Copied one by one up to here; beyond, the call of `set` with a view made for it is worth its price. */
const LOOP_COPY_BYTES_MAX = 32

/** Copies the `length` bytes from `fromAt` on to where `toAt` is. The two do not overlap. */
export function copyBytes(
  from: Uint8Array,
  fromAt: number,
  length: number,
  to: Uint8Array,
  toAt: number,
): void {
  if (length > LOOP_COPY_BYTES_MAX) {
    to.set(length === from.length ? from : from.subarray(fromAt, fromAt + length), toAt)
  } else for (let i = 0; i < length; i++) to[toAt + i] = from[fromAt + i]!
}

export function concatBytes(chunks: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const chunk of chunks) length += chunk.length
  const joined = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    joined.set(chunk, at)
    at += chunk.length
  }
  return joined
}

/** The smallest key that sorts after every key with this prefix; empty when there is none (all 0xff). */
export function prefixEnd(prefix: Uint8Array): Uint8Array {
  for (let i = prefix.length - 1; i >= 0; i--) {
    if (prefix[i] !== 0xff) {
      const end = prefix.slice(0, i + 1)
      end[i] = end[i]! + 1
      return end
    }
  }
  return EMPTY
}

/** How many bytes a whole number from 0 to 2^53 - 1 takes as a varint. */
export function varintBytes(value: number): number {
  let count = 1
  while (value > 0x7f) {
    value = Math.floor(value / 0x80)
    count++
  }
  return count
}

/** Where a 64-bit number passes between its eight bytes and a bigint: a view of every buffer costs more than that. */
const WIDE = new Uint8Array(8)
const WIDE_VIEW = new DataView(WIDE.buffer)

/** The first buffer of a writer has this many bytes at most: most connections say little before they break. */
const FIRST_BUFFER_BYTES_MAX = 4096

/** A growing buffer. `finish` hands out a view of what was written and starts anew behind it. */
export class ByteWriter {
  #buffer = EMPTY
  readonly #capacityBytes: number
  #start = 0
  #at = 0

  /** @param capacityBytes of the buffers, once enough has been written to fill smaller ones. */
  constructor(capacityBytes = 4096) {
    this.#capacityBytes = capacityBytes
  }

  /** Bytes written since the last `finish`. */
  get length(): number {
    return this.#at - this.#start
  }

  u8(value: number): void {
    this.#reserve(1)
    this.#buffer[this.#at++] = value
  }

  u16(value: number): void {
    this.#reserve(2)
    this.#buffer[this.#at++] = value
    this.#buffer[this.#at++] = value >>> 8
  }

  u32(value: number): void {
    this.#reserve(4)
    this.#setU32(this.#at, value)
    this.#at += 4
  }

  /** A whole number from 0 to 2^53 - 1 in eight bytes. */
  u64(value: number): void {
    this.#reserve(8)
    this.#setU32(this.#at, value)
    this.#setU32(this.#at + 4, Math.floor(value / 2 ** 32))
    this.#at += 8
  }

  u64big(value: bigint): void {
    this.#reserve(8)
    WIDE_VIEW.setBigUint64(0, value, true)
    copyBytes(WIDE, 0, 8, this.#buffer, this.#at)
    this.#at += 8
  }

  /** Unsigned LEB128 of a whole number from 0 to 2^53 - 1. */
  varint(value: number): void {
    this.#reserve(8)
    while (value > 0x7f) {
      this.#buffer[this.#at++] = (value % 0x80) | 0x80
      value = Math.floor(value / 0x80)
    }
    this.#buffer[this.#at++] = value
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length)
    this.#buffer.set(value, this.#at)
    this.#at += value.length
  }

  /** A varint length, then the bytes. */
  sizedBytes(value: Uint8Array): void {
    this.varint(value.length)
    this.bytes(value)
  }

  /** Overwrites four bytes written earlier, counted from the last `finish`. */
  patchU32(at: number, value: number): void {
    this.#setU32(this.#start + at, value)
  }

  /** A view of what was written so far, from the given byte on, without ending it. Valid until the next write. */
  peek(from = 0): Uint8Array {
    return this.#buffer.subarray(this.#start + from, this.#at)
  }

  /** A view that stays valid: later writes go behind it, or into a new buffer. */
  finish(): Uint8Array {
    const written = this.#buffer.subarray(this.#start, this.#at)
    this.#start = this.#at
    return written
  }

  /** Later writes go to the beginning of the buffer: nobody looks any more at what was handed out. */
  rewind(): void {
    assert(this.#at === this.#start, 'what is being written is not written over')
    this.#start = this.#at = 0
  }

  #setU32(at: number, value: number): void {
    const buffer = this.#buffer
    buffer[at] = value
    buffer[at + 1] = value >>> 8
    buffer[at + 2] = value >>> 16
    buffer[at + 3] = value >>> 24
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#buffer.length) return
    const pending = this.#at - this.#start
    let capacity = this.#nextBufferBytes()
    while (capacity < pending + count) capacity *= 2
    const next = new Uint8Array(capacity)
    next.set(this.#buffer.subarray(this.#start, this.#at))
    this.#buffer = next
    this.#start = 0
    this.#at = pending
  }

  #nextBufferBytes(): number {
    const { length } = this.#buffer
    if (length === 0) return Math.min(this.#capacityBytes, FIRST_BUFFER_BYTES_MAX) || 16
    return length < this.#capacityBytes ? Math.min(2 * length, this.#capacityBytes) : length
  }
}

/** Reads what a `ByteWriter` wrote, and refuses what it cannot have written. */
export class ByteReader {
  readonly #buffer: Uint8Array
  #at = 0

  constructor(buffer: Uint8Array) {
    this.#buffer = buffer
  }

  get offset(): number {
    return this.#at
  }

  get remaining(): number {
    return this.#buffer.length - this.#at
  }

  u8(): number {
    return this.#buffer[this.#take(1)]!
  }

  u16(): number {
    const at = this.#take(2)
    return this.#buffer[at]! | (this.#buffer[at + 1]! << 8)
  }

  u32(): number {
    return this.#u32At(this.#take(4))
  }

  u64(): number {
    const at = this.#take(8)
    const high = this.#u32At(at + 4)
    if (high >= 2 ** 21) throw this.error('number beyond 2^53')
    return high * 2 ** 32 + this.#u32At(at)
  }

  u64big(): bigint {
    copyBytes(this.#buffer, this.#take(8), 8, WIDE, 0)
    return WIDE_VIEW.getBigUint64(0, true)
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (let count = 0; count < 8; count++) {
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break
        return value
      }
      scale *= 0x80
    }
    throw this.error('number beyond 2^53')
  }

  /** A view of the next `length` bytes. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length)
    return this.#buffer.subarray(at, at + length)
  }

  sizedBytes(): Uint8Array {
    return this.bytes(this.varint())
  }

  /** Refuses bytes that are left over. */
  end(): void {
    if (this.remaining !== 0) throw this.error('trailing bytes')
  }

  error(what: string): DecodeError {
    return new DecodeError(`${what} at byte ${this.#at}`)
  }

  #u32At(at: number): number {
    const bytes = this.#buffer
    return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
  }

  #take(count: number): number {
    const at = this.#at
    if (at + count > this.#buffer.length) throw this.error('truncated')
    this.#at = at + count
    return at
  }
}

/** What commands are written of: lists, flags, whole numbers and the ids of leases. */
import { assert } from '../../core/assert.ts'
import type { ByteReader, ByteWriter } from '../../core/bytes.ts'

/** Every element takes at least one byte, which bounds what a wrong count can allocate. */
export function readMany<T>(from: ByteReader, read: (from: ByteReader) => T): T[] {
  const count = from.varint()
  if (count > from.remaining) throw from.error('more elements than bytes')
  const elements: T[] = []
  while (elements.length < count) elements.push(read(from))
  return elements
}

/** A bit that this version does not know may mean something that it must not ignore. */
export function readFlags(from: ByteReader, known: number): number {
  const flags = from.u8()
  if ((flags & ~known) !== 0) throw from.error('unknown flags')
  return flags
}

/** A whole number, possibly negative, of at most 53 bits. */
export function writeNumber(to: ByteWriter, value: number): void {
  assert(Number.isSafeInteger(value), 'numbers from the wire saturate where they stop being exact')
  to.u8(value < 0 ? 1 : 0)
  to.varint(Math.abs(value))
}

export function readNumber(from: ByteReader): number {
  const sign = readFlags(from, 1)
  const magnitude = from.varint()
  return sign === 0 || magnitude === 0 ? magnitude : -magnitude
}

export function writeLease(to: ByteWriter, lease: bigint): void {
  to.u64big(BigInt.asUintN(64, lease))
}

export function readLease(from: ByteReader): bigint {
  return BigInt.asIntN(64, from.u64big())
}

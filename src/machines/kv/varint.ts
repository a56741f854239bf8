/** LEB128 into memory whose size was computed beforehand; `RecordReader` reads it back. */
import { varintBytes } from '../../core/bytes.ts'

/** Writes at `at` and returns the offset behind. */
export function writeVarint(to: Uint8Array, at: number, value: number): number {
  while (value > 0x7fffffff) {
    to[at++] = (value % 0x80) | 0x80
    value = Math.floor(value / 0x80)
  }
  while (value > 0x7f) {
    to[at++] = (value & 0x7f) | 0x80
    value >>>= 7
  }
  to[at++] = value
  return at
}

const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER)

/** An int64 in two's complement: a negative one takes ten bytes. */
export function int64Varint(value: bigint): Uint8Array {
  if (value >= 0n && value <= SAFE_MAX) {
    const small = new Uint8Array(varintBytes(Number(value)))
    writeVarint(small, 0, Number(value))
    return small
  }
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Uint8Array.from(bytes)
}

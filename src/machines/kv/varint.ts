/** LEB128 into memory whose size was computed beforehand; `ByteReader` reads it back. */

/** How many bytes a whole number from 0 to 2^53 - 1 takes. */
export function varintBytes(value: number): number {
  let count = 1
  while (value > 0x7f) {
    value = Math.floor(value / 0x80)
    count++
  }
  return count
}

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

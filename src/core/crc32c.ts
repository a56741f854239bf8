/**
 * CRC-32C (Castagnoli; RFC 3720 appendix B.4), by table, eight bytes at a time ("slicing by 8", Kounavis and Berry
 * 2005). It is the portable form: hot paths over long byte runs get the platform's through `Runtime.checksum`.
 */

const POLYNOMIAL = 0x82f63b78

/** Eight tables one behind the other: the k-th is of a byte that `k` more bytes follow. */
const TABLES = makeTables()

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256)
  for (let i = 0; i < 256; i++) {
    let remainder = i
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? POLYNOMIAL : 0)
    tables[i] = remainder
  }
  for (let i = 256; i < tables.length; i++) {
    const previous = tables[i - 256]!
    tables[i] = (previous >>> 8) ^ tables[previous & 0xff]!
  }
  return tables
}

/** The checksum of `bytes`, or, with `seed` the checksum of what precedes them, of the whole. */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  const tables = TABLES
  let crc = ~seed
  let at = 0
  for (const end = bytes.length - 7; at < end; at += 8) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    crc =
      tables[1792 + (crc & 0xff)]! ^
      tables[1536 + ((crc >>> 8) & 0xff)]! ^
      tables[1280 + ((crc >>> 16) & 0xff)]! ^
      tables[1024 + (crc >>> 24)]! ^
      tables[768 + bytes[at + 4]!]! ^
      tables[512 + bytes[at + 5]!]! ^
      tables[256 + bytes[at + 6]!]! ^
      tables[bytes[at + 7]!]!
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[at]!) & 0xff]!
  return ~crc >>> 0
}

/** What `crc32c` computes, however it is computed. */
export type Checksum = typeof crc32c

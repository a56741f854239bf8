/**
 * CRC-32C (Castagnoli; RFC 3720 appendix B.4), by table, four bytes at a time. It is the
 * portable form: hot paths over long byte runs get the platform's through `Runtime.checksum`.
 */

const POLYNOMIAL = 0x82f63b78

const TABLES: readonly Uint32Array[] = makeTables()

function makeTables(): Uint32Array[] {
  const first = new Uint32Array(256)
  for (let i = 0; i < 256; i++) {
    let remainder = i
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? POLYNOMIAL : 0)
    first[i] = remainder >>> 0
  }
  const tables = [first]
  for (let t = 1; t < 4; t++) {
    const previous = tables[t - 1]!
    tables.push(previous.map(value => (value >>> 8) ^ first[value & 0xff]!))
  }
  return tables
}

/** The checksum of `bytes`, or, with `seed` the checksum of what precedes them, of the whole. */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  const [t0, t1, t2, t3] = TABLES as [Uint32Array, Uint32Array, Uint32Array, Uint32Array]
  let crc = ~seed
  let at = 0
  for (const end = bytes.length - 3; at < end; at += 4) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    crc = t3[crc & 0xff]! ^ t2[(crc >>> 8) & 0xff]! ^ t1[(crc >>> 16) & 0xff]! ^ t0[crc >>> 24]!
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[at]!) & 0xff]!
  return ~crc >>> 0
}

/** What `crc32c` computes, however it is computed. */
export type Checksum = typeof crc32c

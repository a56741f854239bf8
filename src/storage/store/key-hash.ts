/**
 * A 32-bit hash: murmur3's mixing (Appleby, public domain), four bytes at a time. Part of the format: it is the
 * same for ever. Signed, because V8 keeps such numbers without a box; a field that held larger ones now and then
 * made it throw compiled code away.
 */

/** From here on a view that reads words is worth making. */
const LOOP_BYTES_MAX = 64

/** Of a key, for filters and for what a record is checked by. */
export function keyHash(bytes: Uint8Array, length: number): number {
  return hashBytes(bytes, 0, length, length)
}

/**
 * Of the `length` bytes from `at` on; another seed gives another hash.
 *
 * @param words a view of all of the bytes' buffer: where there is one already, half of the price for 300 bytes.
 */
export function hashBytes(
  bytes: Uint8Array,
  at: number,
  length: number,
  seed: number,
  words?: DataView,
): number {
  let hash = seed | 0
  const end = at + length
  if (length > LOOP_BYTES_MAX) {
    const view = words ?? new DataView(bytes.buffer)
    const from = bytes.byteOffset
    for (; at + 3 < end; at += 4) hash = mixed(hash, view.getInt32(from + at, true))
  }
  for (; at + 3 < end; at += 4) {
    hash = mixed(hash, bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24))
  }
  let rest = 0
  for (let shift = 0; at < end; at++, shift += 8) rest |= bytes[at]! << shift
  hash = mixed(hash, rest)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

function mixed(hash: number, word: number): number {
  const scrambled = Math.imul(word, 0xcc9e2d51)
  const turned = Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593)
  const next = hash ^ turned
  return (Math.imul((next << 13) | (next >>> 19), 5) + 0xe6546b64) | 0
}

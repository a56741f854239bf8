/**
 * A 32-bit hash of a key, for filters and for a record's checksum: murmur3's mixing (Appleby, public domain), four
 * bytes at a time. Part of the format: it is the same for ever.
 */
export function keyHash(bytes: Uint8Array, length: number): number {
  let hash = length
  let at = 0
  for (const end = length - 3; at < end; at += 4) {
    hash = mixed(hash, bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24))
  }
  let rest = 0
  for (let shift = 0; at < length; at++, shift += 8) rest |= bytes[at]! << shift
  hash = mixed(hash, rest)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function mixed(hash: number, word: number): number {
  const scrambled = Math.imul(word, 0xcc9e2d51)
  const turned = Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593)
  const next = hash ^ turned
  return (Math.imul((next << 13) | (next >>> 19), 5) + 0xe6546b64) | 0
}

/**
 * The first byte of a key names its keyspace. Keyspaces are kept apart on disk: what is written in key order
 * (a log of revisions) is then never merged with what is written at random, and is hardly ever rewritten.
 */

/** That of the empty key; it comes before all others. */
export const EMPTY_KEYSPACE = -1

/** That of the key in the first `length` bytes. */
export function keyspaceWithin(bytes: Uint8Array, length: number): number {
  return length === 0 ? EMPTY_KEYSPACE : bytes[0]!
}

export function keyspaceOf(key: Uint8Array): number {
  return keyspaceWithin(key, key.length)
}

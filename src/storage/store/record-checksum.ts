import { hashBytes } from './key-hash.ts'

/**
 * What a record is checked by wherever it goes: a hash of its value, bound to its key by the key's hash. It is
 * computed once, when the record leaves the memtable, and carried along by every merge. A block's CRC says that the
 * disk gave back what was written; this says that what was written was right. It is no CRC because most values are
 * short: of 20 bytes it costs a third of what a call of the native CRC does (of 290, a third more).
 *
 * @param hash the key's (`keyHash`).
 * @param words as for `hashBytes`.
 */
export function recordSum(
  hash: number,
  bytes: Uint8Array,
  at: number,
  length: number,
  words?: DataView,
): number {
  return hashBytes(bytes, at, length, hash ^ length, words)
}

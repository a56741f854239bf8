import type { Checksum } from '../../core/crc32c.ts'

/**
 * What a record is checked by wherever it goes: the CRC-32C of its value, bound to its key by the key's hash. It is
 * computed once, when the record leaves the memtable, and carried along by every merge; a block's own checksum
 * only says that the block is what was written.
 */
export function recordSum(hash: number, value: Uint8Array, checksum: Checksum): number {
  return (checksum(value) ^ hash) >>> 0
}

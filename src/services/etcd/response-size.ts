/** How large a response will be, at most: known before it is written, so that a buffer never has to grow. */
import type { KeyValue } from '../../machines/kv/types.ts'

/** Tags and lengths of a pair (2 x 6), of its key and value (2 x 6), three numbers (9 each) and a lease (11). */
const PAIR_OVERHEAD_BYTES = 64

/** A header and the totals. */
export const RESPONSE_OVERHEAD_BYTES = 128

export function keyValueBytesMax({ key, value }: KeyValue): number {
  return PAIR_OVERHEAD_BYTES + key.length + value.length
}

export function keyValuesBytesMax(kvs: readonly KeyValue[]): number {
  let bytes = 0
  for (const kv of kvs) bytes += keyValueBytesMax(kv)
  return bytes
}

/** How large a response will be, at most: known before it is written, so that a buffer never has to grow. */
import type { KeyValue } from '../../machines/kv/types.ts'
import { PAIR_OVERHEAD_BYTES } from './limits.ts'

export function keyValueBytesMax({ key, value }: KeyValue): number {
  return PAIR_OVERHEAD_BYTES + key.length + value.length
}

export function keyValuesBytesMax(kvs: readonly KeyValue[]): number {
  let bytes = 0
  for (const kv of kvs) bytes += keyValueBytesMax(kv)
  return bytes
}

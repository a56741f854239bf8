/** Which keys a request means: etcd's rules for `key` and `range_end`. */
import { compareBytes } from '../../core/bytes.ts'

/** Keys with `from` <= key < `to`; `to` absent: to the end. */
export interface KeySpan {
  readonly kind: 'span'
  readonly from: Uint8Array
  readonly to: Uint8Array | undefined
}

export type KeySet = { readonly kind: 'single'; readonly key: Uint8Array } | KeySpan

/** An empty `rangeEnd` means the single key, a single zero byte everything from the key on. */
export function keySet(key: Uint8Array, rangeEnd: Uint8Array): KeySet {
  if (rangeEnd.length === 0) return { kind: 'single', key }
  if (rangeEnd.length === 1 && rangeEnd[0] === 0) return { kind: 'span', from: key, to: undefined }
  // An end before the key is no error: the range is empty.
  return { kind: 'span', from: key, to: compareBytes(rangeEnd, key) < 0 ? key : rangeEnd }
}

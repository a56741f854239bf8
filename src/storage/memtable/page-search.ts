/**
 * Searching a page (`page.ts`): by hints, which lie side by side; in keys only where hints are equal, and there only
 * behind what is known to be shared with both ends of the rest.
 */
import { sharedBytes } from '../../core/bytes.ts'
import { PAGE_RECORDS_MAX } from './limits.ts'
import { hintOf, type LargeRecord, packedKeyLength, RECORD_HEADER_BYTES } from './packed-record.ts'
import type { Probe } from './probe.ts'

/** Slots of a page, and as many hints behind them. One more than the limit: a page is split when it has too many. */
export const SLOTS = PAGE_RECORDS_MAX + 1

/**
 * On which side of a page's keys the probe's is: -1 before, 1 behind, 0 among them.
 *
 * @param start where in `bytes` a key begins that shares with all of them the first `shared` bytes.
 */
export function sideOf(probe: Probe, bytes: Uint8Array, start: number, shared: number): number {
  const key = probe.key
  const end = key.length < shared ? key.length : shared
  let at = probe.lowShared < probe.highShared ? probe.lowShared : probe.highShared
  while (at < end && bytes[start + at] === key[at]) at++
  if (at === shared) return 0
  probe.pageShared = at
  if (at === key.length || key[at]! < bytes[start + at]!) {
    probe.highShared = at
    return -1
  }
  probe.lowShared = at
  return 1
}

/**
 * The position of the first record whose key is not below the probe's, which shares `shared` bytes with all of them;
 * notes in the probe whether it is the very key.
 */
export function searchRecords(
  probe: Probe,
  count: number,
  shared: number,
  slots: Int32Array,
  heap: Uint8Array,
  largeRecords: readonly LargeRecord[] | undefined,
): number {
  const key = probe.key
  const keyLength = key.length
  const hint = hintOf(key, shared, keyLength)
  let lowShared = probe.lowShared
  let highShared = probe.highShared
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    let order = slots[SLOTS + middle]! - hint
    if (order === 0) {
      let at = lowShared < highShared ? lowShared : highShared
      if (at < shared) at = shared
      const slot = slots[middle]!
      if (slot >= 0) {
        const start = slot + RECORD_HEADER_BYTES
        const length = packedKeyLength(heap, slot)
        const shorter = length < keyLength ? length : keyLength
        while (at < shorter && (order = heap[start + at]! - key[at]!) === 0) at++
        if (order === 0) order = length - keyLength
      } else {
        const large = largeRecords![~slot]!.key
        at = sharedBytes(large, key, at)
        order = at < large.length && at < keyLength ? large[at]! - key[at]! : large.length - keyLength
      }
      if (order < 0) lowShared = at
      else if (order > 0) highShared = at
      else {
        probe.found = true
        low = middle
        lowShared = keyLength
        break
      }
    }
    if (order < 0) low = middle + 1
    else high = middle
  }
  // Only a record of this page shares that much for sure: what bounds the page from outside may share less.
  probe.lowShared = low > 0 && lowShared < shared ? shared : lowShared
  probe.highShared = high < count && highShared < shared ? shared : highShared
  return low
}

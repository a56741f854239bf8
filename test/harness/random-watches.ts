/** Random watches over the keys of random histories: single keys, ranges, starts in the past and in the future. */
import { compareBytes } from '../../src/core/bytes.ts'
import { keySet } from '../../src/machines/kv/key-range.ts'
import { base64, type Json } from './etcd-calls.ts'
import { KEYS, type KvHistory } from './kv-histories.ts'
import type { ModelChange } from './kv-model.ts'

export interface WatchPlan {
  readonly key: Uint8Array
  readonly rangeEnd: Uint8Array
  /** 0: from now on. */
  readonly startRevision: number
  readonly skipsPuts: boolean
  readonly skipsDeletions: boolean
  readonly prevKv: boolean
  readonly fragment: boolean
  readonly progressNotify: boolean
  /** 0: the server chooses. */
  readonly id: number
}

export function randomWatch(
  history: KvHistory,
  { current, compacted }: { readonly current: number; readonly compacted: number },
): WatchPlan {
  const oldest = Math.max(1, compacted)
  const start = history.below(10)
  const past = history.chance(1, 6) ? oldest - 1 : oldest + history.below(current - oldest + 1)
  return {
    key: history.chance(1, 20) ? new Uint8Array(0) : history.pick(KEYS),
    rangeEnd: randomEnd(history),
    startRevision: start < 4 ? 0 : start < 9 ? Math.max(1, past) : current + 1 + history.below(4),
    skipsPuts: history.chance(1, 6),
    skipsDeletions: history.chance(1, 6),
    prevKv: history.chance(1, 2),
    fragment: history.chance(1, 3),
    progressNotify: history.chance(1, 3),
    id: history.chance(1, 4) ? 1 + history.below(4) : 0,
  }
}

/** A single key, to the end of all, or up to another key, which may be no further. */
function randomEnd(history: KvHistory): Uint8Array {
  const draw = history.below(10)
  if (draw < 3) return new Uint8Array(0)
  return draw < 6 ? Uint8Array.of(0) : history.pick(KEYS)
}

export function createRequest(plan: WatchPlan): Json {
  const filters = [...(plan.skipsPuts ? ['NOPUT'] : []), ...(plan.skipsDeletions ? ['NODELETE'] : [])]
  return {
    create_request: {
      key: base64(plan.key),
      range_end: base64(plan.rangeEnd),
      start_revision: plan.startRevision,
      progress_notify: plan.progressNotify,
      prev_kv: plan.prevKv,
      fragment: plan.fragment,
      watch_id: plan.id,
      filters,
    },
  }
}

/** How many of the changes a watch is to be told that is told of everything from `from` on. */
export function countWanted(plan: WatchPlan, from: number, changes: readonly ModelChange[]): number {
  // No key stands for the smallest one.
  const key = plan.key.length === 0 ? Uint8Array.of(0) : plan.key
  const keys = keySet(key, plan.rangeEnd)
  let count = 0
  for (const { main, key: changed, kv } of changes) {
    if (main < from || (kv === undefined ? plan.skipsDeletions : plan.skipsPuts)) continue
    const isIn =
      keys.kind === 'single'
        ? compareBytes(changed, keys.key) === 0
        : compareBytes(changed, keys.from) >= 0 &&
          (keys.to === undefined || compareBytes(changed, keys.to) < 0)
    if (isIn) count++
  }
  return count
}

import type { Entry } from '../core/entry.ts'
import type { Store, StoreBatch, StoreView } from './store.ts'

/**
 * A deterministic state machine that a log drives. Everything that it knows lives in its store (it may
 * cache what it can read back), so that the store's snapshot is its snapshot and a restart rebuilds nothing.
 */
export interface StateMachine<Result> {
  /** Reads its caches from the store: at the start, and after a snapshot replaced the content. */
  open(store: Store): void
  /**
   * Applies command entries in order and returns one result for each. Same entries, same store: same
   * results and same bytes, on every replica. A command that is not understood or not allowed yields a
   * result that says so; only a broken invariant throws.
   */
  apply(entries: readonly Entry[], batch: StoreBatch): Result[]
  /**
   * One slice (at most about two milliseconds) of housekeeping that no log entry asks for and no reader
   * may notice, such as removing what compaction passed. True while more remains.
   */
  sweep(batch: StoreBatch): boolean
  /** Whether `sweep` has something to do. */
  readonly mustSweep: boolean
  /** Whether a pair belongs into a snapshot or a state hash: false for what `sweep` has yet to remove. */
  isLive(view: StoreView): (key: Uint8Array, value: Uint8Array) => boolean
}

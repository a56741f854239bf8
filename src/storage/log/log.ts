import type { Entry } from '../../core/entry.ts'
import type { Histogram } from '../../core/histogram.ts'
import type { GroupId, Index } from '../../core/ids.ts'
import type { LogUpdate, RecoveredLog } from '../../core/log-update.ts'

/** The write-ahead log of one node, shared by all its groups. A failed write or sync halts the node. */
export interface Log {
  /** How long the disk took to make batches durable, in seconds. */
  readonly syncTimes: Histogram
  /** What was found at the start. Take it once per group: it is forgotten afterwards. */
  recovered(group: GroupId): RecoveredLog
  /**
   * Makes an update durable together with everything else that arrives while the previous sync runs.
   * Call-backs come in the order of the calls, over all groups.
   */
  persist(group: GroupId, update: LogUpdate, done: () => void): void
  /**
   * Entries `from` <= index < `to` in order, until `bytesMax` are reached, but at least one; empty if `from`
   * is no longer (or not) held.
   */
  load(group: GroupId, from: Index, to: Index, bytesMax: number): Entry[]
  /** Waits for what was asked for, marks the end as clean, closes the files. */
  close(done: () => void): void
}

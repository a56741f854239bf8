/**
 * Whom one incarnation of a replica tells what becomes of its log and of its state: the simulator, which compares what
 * all replicas tell. Everything is told after it has happened, and nothing follows from the telling.
 */
import type { Entry } from './entry.ts'
import type { LogBase, LogUpdate, RecoveredLog } from './log-update.ts'

/** Looks at the whole state, so it is asked for seldom; to be called within the call that it came with. */
export type StateHash = () => number

export interface ReplicaWitness {
  /** What its disk held: a state, and a log that may say of itself that it lacks something. */
  started(applied: LogBase, recovered: RecoveredLog, hash: StateHash): void
  /** Durable from now on. */
  persisted(update: LogUpdate): void
  /** The core said that these will never be others. */
  committed(entries: readonly Entry[]): void
  /** @param results of the commands among them, in their order: whatever the state machine made of each. */
  applied(entries: readonly Entry[], results: readonly unknown[], hash: StateHash): void
  /** A snapshot of the state at `base` is on its way to another. */
  snapshotTaken(base: LogBase, hash: StateHash): void
  /** The state was replaced by that of a snapshot. */
  snapshotInstalled(base: LogBase, hash: StateHash): void
}

/** What the bench asks of a store, ours or another: as little as all of them have. */
import type { Direction, KeyRange, Presence } from '../../src/runtime/store.ts'

/** One write of a batch; `value` absent: the key is deleted. */
export interface Operation {
  readonly key: Uint8Array
  readonly value?: Uint8Array
  /** What the machine knows of the key when it writes; only our store asks for it. */
  readonly known?: Presence
}

/** Returned at once where the engine is synchronous, so that nobody pays for a promise that is not needed. */
export type Eventually<T> = T | Promise<T>

/** Key and value belong to the engine again when the visitor returns. */
export type Visitor = (key: Uint8Array, value: Uint8Array) => void

/** A range with both ends, as every engine takes it. */
export type BoundedRange = Required<KeyRange>

export interface Engine {
  /** All of it or nothing; seen at once, durable after the next `checkpoint`. */
  write(operations: readonly Operation[]): Eventually<void>
  get(key: Uint8Array): Uint8Array | undefined
  /** The first `limit` pairs from where the direction begins. */
  scan(range: BoundedRange, direction: Direction, limit: number, visit: Visitor): Eventually<void>
  /** How many keys the range holds; absent where there is nothing but a scan for it. */
  count?(range: BoundedRange): number
  /** Makes durable what was written before; writes may go on meanwhile. One at a time. */
  checkpoint(): Promise<void>
  /** It wants a checkpoint although the usual distance has not been covered; absent where it never does. */
  readonly isDue?: boolean
  /** What whoever writes should wait for, if anything; a checkpoint has been asked for. */
  relief?(): Promise<void> | undefined
  close(): Promise<void>
}

/** What is to be known of an engine before it is open. */
export interface EngineKind {
  /** Opens what is in the directory, or makes it. */
  open(directory: string): Promise<Engine>
  /**
   * Whether the engine syncs a file before anything depends on it, without being asked; given the name. A loss
   * of power then leaves it whole. Of all other files everything since the last checkpoint is in danger.
   */
  syncsByItself(file: string): boolean
}

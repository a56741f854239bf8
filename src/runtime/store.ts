import type { DiskError } from './disk.ts'

/**
 * Ordered bytes to bytes. Reads are synchronous; writes are visible at once and durable at the next
 * checkpoint (the log holds what came since). One writer, the group; any number of readers.
 */
export interface Store extends StoreView {
  /** One atomic set of writes; at most one open at a time, and it ends within the turn that began it. */
  batch(): StoreBatch
  /** A consistent view that later writes do not change. Cheap to take; release it, or space is never freed. */
  pin(): StorePin
  /**
   * Makes everything committed so far durable, off the request path and in slices. At most one at a time;
   * a crash at any moment leaves the previous checkpoint or this one, whole.
   */
  checkpoint(done: StoreCallback): void
  /** The store asks for a checkpoint: what it holds in memory has come to its limit. */
  readonly checkpointDue: boolean
  /**
   * Memory is at its hard limit because the disk does not keep up: who writes should wait for `whenRelieved`.
   * A batch is taken all the same, since what was agreed on cannot be refused. Reads go on as ever.
   */
  readonly isCongested: boolean
  /**
   * To be asked for while the store is congested: calls back once, never within the call, as soon as it is not.
   * A checkpoint may be what relieves it, so one that is due must be asked for. A closed store calls nobody.
   */
  whenRelieved(run: () => void): void
  /** Begins to replace the whole content; the old content is served until `commit` calls back. */
  install(): StoreInstallation
  /** About how many bytes of keys and values it holds: what was overwritten or deleted may still be among them. */
  sizeBytes(): number
  /** Checks every checksum of what is durable. Damage is named, not guessed. */
  verify(): StoreDamage[]
  /** `closed` is called when nothing uses its directory any more, and nobody else is. */
  close(closed?: () => void): void
}

/** Null for success. */
export type StoreCallback = (error: DiskError | null) => void

/** Keys with `from` <= key < `to`, ordered as unsigned bytes. `to` absent: no upper end. */
export interface KeyRange {
  readonly from: Uint8Array
  readonly to?: Uint8Array
}

/** Ascending or descending keys. */
export type Direction = 'forward' | 'backward'

/** What can be read of a store, of an open batch, of a pin. */
export interface StoreView {
  /** The value is a view that stays valid and must not be changed. */
  get(key: Uint8Array): Uint8Array | undefined
  /**
   * Of a store or a batch: valid until the next write to it, and at most until the end of the turn. Of a pin:
   * until its release. So whatever goes on in another turn reads a pin.
   */
  scan(range: KeyRange, direction?: Direction): StoreCursor
  /** How many keys the range holds, in less than linear time. */
  count(range: KeyRange): number
}

/** Starts before the first pair. `key` and `value` are views that stay valid and must not be changed. */
export interface StoreCursor {
  next(): boolean
  readonly key: Uint8Array
  readonly value: Uint8Array
  /** The value, not copied: a view that is only valid until the next `next`, or until the cursor is not. */
  readonly valueUntilNext: Uint8Array
}

/**
 * What a writer knows of a key at the moment of its write, the batch's own earlier writes included. It spares
 * the store a look. A wrong word corrupts every count of the range, without anybody noticing.
 */
export type Presence = 'present' | 'absent'

/** Reads through the batch see its own writes; other readers see none of it before `commit`, or all. */
export interface StoreBatch extends StoreView {
  /** The store keeps the arrays: the caller must not change them afterwards. */
  put(key: Uint8Array, value: Uint8Array, known?: Presence): void
  /** Does not mind a key that is not there. */
  delete(key: Uint8Array, known?: Presence): void
  commit(): void
}

/** A view of one moment. */
export interface StorePin extends StoreView {
  release(): void
}

/** A whole new content on its way in. */
export interface StoreInstallation {
  /** Pairs in strictly ascending key order, over all calls. Copies: the arrays may be used again. */
  put(key: Uint8Array, value: Uint8Array): void
  /**
   * What was put waits in memory for the disk: who goes on without waiting for `whenRelieved` has it all there.
   * After the disk has failed it is never so: `commit` reports that.
   */
  readonly isCongested: boolean
  /** To be asked for while it is congested: calls back once, never within the call; after an abort, never. */
  whenRelieved(run: () => void): void
  /** Switches over, durably and atomically. */
  commit(done: StoreCallback): void
  /** Forgets what was received. */
  abort(): void
}

/** One place where what is durable is not what was written. */
export interface StoreDamage {
  readonly file: string
  readonly offsetBytes: number
  readonly what: string
}

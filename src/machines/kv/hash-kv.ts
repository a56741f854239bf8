/**
 * etcd's HashKV, in slices: the same history gives the same hash as a real etcd's (3.4 to 3.7), which makes
 * etcd an oracle for the whole of this machine. It covers every change up to a revision; of those that
 * compaction has reached, only what is still visible at that revision. How far sweeping is makes no difference.
 */
import { type Checksum, crc32c } from '../../core/crc32c.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import type { StoreCursor, StoreView } from '../../runtime/store.ts'
import { decodeKeyValue, isTombstone } from './key-value-record.ts'
import { type ReadPoint, readPoint } from './read-point.ts'
import { Slab } from './slab.ts'
import { pastKey, type Revision, revisionOfKey, revisionRange } from './store-keys.ts'
import { decodePast } from './version.ts'

export interface KvHash {
  readonly hash: number
  readonly compactRevision: number
  readonly hashRevision: number
  readonly currentRevision: number
}

export type HashOutcome =
  | { readonly kind: 'hash'; readonly hash: KvHash }
  | { readonly kind: 'refused'; readonly reason: 'compacted' | 'futureRevision' }

/** etcd's name for the table that is hashed. */
const BUCKET = utf8Bytes('key')
const TOMBSTONE_MARK = 0x74

export class HashKvCursor {
  readonly #at: ReadPoint
  readonly #checksum: Checksum
  readonly #revision: number
  readonly #refusal: 'compacted' | 'futureRevision' | undefined
  readonly #cursor: StoreCursor
  readonly #slab = new Slab()
  #hash: number
  /**
   * The hash should no key exist at the revision: etcd then takes everything that compaction kept. Undefined
   * once a key was found that does.
   */
  #hashOfNone: number | undefined

  /** @param revision 0: the newest. Reads from `view` until it is done: a pin, if it is interrupted. */
  constructor(view: StoreView, revision: number, checksum: Checksum = crc32c) {
    const at = readPoint(view)
    this.#at = at
    this.#checksum = checksum
    this.#revision = revision === 0 ? at.current : revision
    this.#refusal = refusalOfHash(at, revision)
    this.#cursor = view.scan(revisionRange(this.#slab, 0, Math.max(0, this.#revision + 1)))
    this.#hash = checksum(BUCKET)
    this.#hashOfNone = this.#hash
  }

  /** Looks at about `budget` changes. True while more remains. */
  advance(budget: number): boolean {
    if (this.#refusal !== undefined) return false
    for (; budget > 0; budget--) {
      if (!this.#cursor.next()) return false
      this.#add(revisionOfKey(this.#cursor.key), this.#cursor.value)
    }
    return true
  }

  /** Once `advance` has returned false. */
  get outcome(): HashOutcome {
    if (this.#refusal !== undefined) return { kind: 'refused', reason: this.#refusal }
    const { compacted: compactRevision, current: currentRevision } = this.#at
    const hash = this.#hashOfNone ?? this.#hash
    return { kind: 'hash', hash: { hash, compactRevision, hashRevision: this.#revision, currentRevision } }
  }

  #add(revision: Revision, record: Uint8Array): void {
    const deleted = isTombstone(record)
    const isNew = revision.main > this.#at.compacted
    const end = deleted || (isNew && this.#hashOfNone === undefined) ? 0 : this.#endOf(revision, record)
    if (end > this.#revision) this.#hashOfNone = undefined
    if (isNew || end > this.#revision) this.#hash = this.#extended(this.#hash, revision, record, deleted)
    if (this.#hashOfNone === undefined) return
    const isKept = isNew || (!deleted && end > this.#at.compacted)
    if (isKept) this.#hashOfNone = this.#extended(this.#hashOfNone, revision, record, deleted)
  }

  /** The revision that overwrote or deleted a put; infinity if none did. */
  #endOf(revision: Revision, record: Uint8Array): number {
    const { key } = decodeKeyValue(record)
    const past = this.#at.view.get(pastKey(this.#slab, key, revision.main, revision.sub))
    return past === undefined ? Number.POSITIVE_INFINITY : decodePast(revision, past).end.main
  }

  #extended(hash: number, { main, sub }: Revision, record: Uint8Array, deleted: boolean): number {
    return this.#checksum(record, this.#checksum(bucketKey(main, sub, deleted), hash))
  }
}

function refusalOfHash(at: ReadPoint, revision: number): 'compacted' | 'futureRevision' | undefined {
  if (revision > at.current) return 'futureRevision'
  return revision > 0 && revision < at.compacted ? 'compacted' : undefined
}

/** How etcd writes a revision: main, an underscore, sub, and a mark if it is a tombstone. */
function bucketKey(main: number, sub: number, deleted: boolean): Uint8Array {
  const key = new Uint8Array(deleted ? 18 : 17)
  const view = new DataView(key.buffer)
  view.setUint32(0, Math.floor(main / 2 ** 32))
  view.setUint32(4, main >>> 0)
  key[8] = 0x5f
  view.setUint32(13, sub)
  if (deleted) key[17] = TOMBSTONE_MARK
  return key
}

/** The whole hash at once, for stores that are known to be small. */
export function hashKv(view: StoreView, revision: number, checksum?: Checksum): HashOutcome {
  const cursor = new HashKvCursor(view, revision, checksum)
  cursor.advance(Number.POSITIVE_INFINITY)
  return cursor.outcome
}

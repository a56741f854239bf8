/**
 * The changes of one request: they share a main revision, and sub revisions number them. Reads through the
 * same batch see them at once. A transaction that changes nothing uses up no revision. To which lease a key is
 * attached changes together with the key.
 */
import { EMPTY } from '../../core/bytes.ts'
import { bug } from '../../core/seams.ts'
import type { StoreBatch } from '../../runtime/store.ts'
import { type Change, deletionOf } from './changes.ts'
import { keySet } from './key-range.ts'
import { encodeKeyValue, encodeTombstone } from './key-value-record.ts'
import { AttachedCursor, NO_LEASE } from './leases.ts'
import { keyValueOf, type ReadPoint, versionAt } from './read-point.ts'
import type { Slab } from './slab.ts'
import { attachedKey, headKey, headRange, keyOfHead, pastKey, revisionKey } from './store-keys.ts'
import type { KeyValue } from './types.ts'
import { decodeHead, encodeHead, encodePast, type Version } from './version.ts'

interface Head {
  /** Its place in the store. */
  readonly at: Uint8Array
  readonly version: Version
}

export class WriteTxn {
  readonly #batch: StoreBatch
  readonly #slab: Slab
  readonly #begin: number
  readonly #compacted: number
  readonly #told: Change[] | undefined
  #changes = 0

  /**
   * @param begin the store's revision; changes are made at the next.
   * @param told where each change is added, if anybody wants to know.
   */
  constructor(batch: StoreBatch, slab: Slab, begin: number, compacted: number, told?: Change[]) {
    this.#batch = batch
    this.#slab = slab
    this.#begin = begin
    this.#compacted = compacted
    this.#told = told
  }

  /** The store's revision as of now: one more than at the beginning once something has changed. */
  get revision(): number {
    return this.#changes === 0 ? this.#begin : this.#begin + 1
  }

  /** Reads from here see what was changed so far. */
  get readPoint(): ReadPoint {
    return { view: this.#batch, current: this.revision, compacted: this.#compacted }
  }

  get(key: Uint8Array): KeyValue | undefined {
    const at = this.readPoint
    const version = versionAt(at, key, at.current)
    return version === undefined ? undefined : keyValueOf(at, version)
  }

  put(key: Uint8Array, value: Uint8Array, lease: bigint): void {
    const main = this.#begin + 1
    const sub = this.#changes++
    const at = headKey(this.#slab, key)
    const head = this.#batch.get(at)
    const before = head === undefined ? undefined : decodeHead(head)
    if (before !== undefined) this.#end(key, before, sub, false)
    this.#attach(key, before?.lease ?? NO_LEASE, lease)
    const createRevision = before?.createRevision ?? main
    const version = (before?.version ?? 0) + 1
    const kv = { key, createRevision, modRevision: main, version, value, lease }
    this.#batch.put(revisionKey(this.#slab, main, sub), encodeKeyValue(this.#slab, kv), 'absent')
    const now = encodeHead(this.#slab, { main, sub, createRevision, version, lease })
    this.#batch.put(at, now, before === undefined ? 'absent' : 'present')
    this.#told?.push({ revision: { main, sub }, deleted: false, kv })
  }

  /** Returns how many keys there were. */
  deleteRange(key: Uint8Array, rangeEnd: Uint8Array): number {
    const heads = this.#heads(key, rangeEnd)
    for (const head of heads) this.#delete(head)
    return heads.length
  }

  /** Deletes every key that is attached to a lease, in key order, and returns them. */
  deleteAttached(lease: bigint): Uint8Array[] {
    if (bug('lease-keys-survive')) return []
    const cursor = new AttachedCursor(this.#batch, lease)
    const keys: Uint8Array[] = []
    // Collected before the first is deleted: writing ends a scan.
    for (let key = cursor.next(); key !== undefined; key = cursor.next()) keys.push(key)
    for (const key of keys) for (const head of this.#heads(key, EMPTY)) this.#delete(head)
    return keys
  }

  #delete({ at, version }: Head): void {
    const sub = this.#changes++
    const deleted = keyOfHead(at)
    this.#end(deleted, version, sub, true)
    this.#attach(deleted, version.lease, NO_LEASE)
    this.#batch.delete(at, 'present')
    const tombstone = encodeTombstone(this.#slab, deleted)
    const revision = { main: this.#begin + 1, sub }
    this.#batch.put(revisionKey(this.#slab, revision.main, sub), tombstone, 'absent')
    this.#told?.push(deletionOf(deleted, revision))
  }

  #attach(key: Uint8Array, before: bigint, after: bigint): void {
    if (before === after) return
    if (before !== NO_LEASE) this.#batch.delete(attachedKey(this.#slab, before, key), 'present')
    if (after !== NO_LEASE) this.#batch.put(attachedKey(this.#slab, after, key), EMPTY, 'absent')
  }

  /** Collected before the first is deleted: writing ends a scan. */
  #heads(key: Uint8Array, rangeEnd: Uint8Array): Head[] {
    const wanted = keySet(key, rangeEnd)
    if (wanted.kind === 'single') {
      const at = headKey(this.#slab, key)
      const head = this.#batch.get(at)
      return head === undefined ? [] : [{ at, version: decodeHead(head) }]
    }
    const heads: Head[] = []
    const cursor = this.#batch.scan(headRange(this.#slab, wanted.from, wanted.to))
    while (cursor.next()) heads.push({ at: cursor.key, version: decodeHead(cursor.value) })
    return heads
  }

  /** The change `sub` overwrites or deletes a version: from now on only older revisions see it. It ends once. */
  #end(key: Uint8Array, version: Version, sub: number, deleted: boolean): void {
    const past = encodePast(this.#slab, version, { main: this.#begin + 1, sub }, deleted)
    this.#batch.put(pastKey(this.#slab, key, version.main, version.sub), past, 'absent')
  }
}

/**
 * The versions as they were at an older revision: `h` and `p` merged by key. A key whose newest version is old
 * enough is answered from `h`; for the others the newest version of `p` up to the revision counts, if it
 * had not ended by then. However many versions a key has, two descents into `p` suffice.
 */
import { compareBytes } from '../../core/bytes.ts'
import type { StoreCursor, StoreView } from '../../runtime/store.ts'
import type { KeySpan } from './key-range.ts'
import { SCAN_STEPS_BEFORE_SEEK } from './limits.ts'
import type { Slab } from './slab.ts'
import { headRange, keyOfHead, keyOfPast, pastEnd, pastKey, pastRange, revisionOfPast } from './store-keys.ts'
import { decodeHead, decodePast, type PastVersion } from './version.ts'
import type { KeyVersion, VersionSource } from './version-source.ts'

export class HistoricSource implements VersionSource {
  readonly #view: StoreView
  readonly #slab: Slab
  readonly #revision: number
  readonly #heads: StoreCursor
  readonly #pastTo: Uint8Array
  #past: StoreCursor
  #headKey: Uint8Array | undefined
  #pastKey: Uint8Array | undefined

  constructor(view: StoreView, slab: Slab, { from, to }: KeySpan, revision: number) {
    this.#view = view
    this.#slab = slab
    this.#revision = revision
    this.#heads = view.scan(headRange(slab, from, to))
    const past = pastRange(slab, from, to)
    this.#pastTo = past.to!
    this.#past = view.scan(past)
    this.#nextHead()
    this.#nextPast()
  }

  step(): KeyVersion | null | undefined {
    const head = this.#headKey
    const past = this.#pastKey === undefined ? undefined : keyOfPast(this.#pastKey)
    if (head === undefined) return past === undefined ? undefined : this.#pastVersion(past)
    const order = past === undefined ? -1 : compareBytes(head, past)
    if (order > 0) return this.#pastVersion(past!)
    const version = decodeHead(this.#heads.value)
    this.#nextHead()
    if (version.main > this.#revision) return order === 0 ? this.#pastVersion(past!) : null
    if (order === 0) this.#passTo(pastEnd(this.#slab, past!))
    return { key: head, version }
  }

  /** What `p` says about the key it stands at; leaves it at the next key. */
  #pastVersion(key: Uint8Array): KeyVersion | null {
    this.#passTo(pastKey(this.#slab, key, this.#revision))
    const end = pastEnd(this.#slab, key)
    if (this.#pastKey === undefined || compareBytes(this.#pastKey, end) >= 0) return null
    const version = decodePast(revisionOfPast(this.#pastKey), this.#past.value)
    this.#passTo(end)
    return version.end.main > this.#revision ? { key, version } : null
  }

  /** Moves on to the first key of `p` at or behind `target`: by steps while that is near, by a seek if not. */
  #passTo(target: Uint8Array): void {
    for (let steps = 0; steps < SCAN_STEPS_BEFORE_SEEK; steps++) {
      if (this.#pastKey === undefined || compareBytes(this.#pastKey, target) >= 0) return
      this.#nextPast()
    }
    this.#past = this.#view.scan({ from: target, to: this.#pastTo })
    this.#nextPast()
  }

  #nextHead(): void {
    this.#headKey = this.#heads.next() ? keyOfHead(this.#heads.key) : undefined
  }

  #nextPast(): void {
    this.#pastKey = this.#past.next() ? this.#past.key : undefined
  }
}

/** The version of one key at an older revision than its newest: one seek. */
export function pastVersionAt(
  view: StoreView,
  slab: Slab,
  key: Uint8Array,
  revision: number,
): PastVersion | undefined {
  const cursor = view.scan({ from: pastKey(slab, key, revision), to: pastEnd(slab, key) })
  if (!cursor.next()) return undefined
  const version = decodePast(revisionOfPast(cursor.key), cursor.value)
  return version.end.main > revision ? version : undefined
}

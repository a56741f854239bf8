/**
 * A range as work in slices: collect the versions, count what the limit cut off, sort, read the values of
 * those that are left. Short ranges run it through at once (`range`). Between slices the store may change,
 * so whoever interrupts it gives it a pin to read from.
 */
import { assert } from '../../core/assert.ts'
import { compareBytes, EMPTY } from '../../core/bytes.ts'
import type { StoreView } from '../../runtime/store.ts'
import { keySet } from './key-range.ts'
import { SORT_RUN_ELEMENTS } from './limits.ts'
import {
  hasFilters,
  isKept,
  orderOf,
  type RangeRow,
  type RowOrder,
  rowsWanted,
  sortsByValue,
} from './range-order.ts'
import {
  countNow,
  countPast,
  keyValueOf,
  type ReadPoint,
  readPoint,
  refusalOfRead,
  versionAt,
  versionsAt,
  versionsBackward,
} from './read-point.ts'
import { SlicedSort } from './sliced-sort.ts'
import type { KeyValue, RangeOperation, RangeResult } from './types.ts'
import type { KeyVersion, VersionSource } from './version-source.ts'

export type RangeOutcome =
  | { readonly kind: 'range'; readonly range: RangeResult }
  | { readonly kind: 'refused'; readonly reason: 'compacted' | 'futureRevision' }

export class RangeCursor {
  readonly #at: ReadPoint
  readonly #operation: RangeOperation
  readonly #refusal: 'compacted' | 'futureRevision' | undefined
  readonly #order: RowOrder | undefined
  readonly #rowsWanted: number
  /** Versions that are yet to be collected, or only counted. */
  #source: VersionSource | undefined
  /** The store counted the range. Otherwise the walk goes on to its end. */
  #isCounted = false
  #count = 0
  #rows: RangeRow[] = []
  #sort: SlicedSort<RangeRow> | undefined
  #isCut = false
  #more = false
  readonly #kvs: KeyValue[] = []

  constructor(view: StoreView, operation: RangeOperation, at: ReadPoint = readPoint(view)) {
    const { revision } = operation
    const isNewest = revision <= 0 || revision >= at.current
    const order = orderOf(operation)
    const isBackward = order === 'keysDescending' && isNewest
    this.#at = at
    this.#operation = operation
    this.#refusal = refusalOfRead(at, revision)
    this.#rowsWanted = rowsWanted(operation, order === 'keys' || isBackward)
    if (order !== 'keys' && !isBackward) this.#order = order === 'keysDescending' ? byKeyDescending : order
    if (this.#refusal !== undefined) return
    if (isNewest) this.#beginNewest(isBackward)
    else this.#beginHistoric(revision)
  }

  /** Works on about `budget` versions. True while more remains. */
  advance(budget: number): boolean {
    while (budget > 0) {
      if (this.#source !== undefined) {
        this.#collect(this.#source)
        budget--
      } else if (this.#sort !== undefined) {
        if (!this.#sort.step()) this.#sorted(this.#sort.sorted)
        budget -= SORT_RUN_ELEMENTS
      } else if (!this.#isCut) {
        this.#cut()
      } else if (this.#kvs.length < this.#rows.length) {
        this.#kvs.push(this.#finished(this.#rows[this.#kvs.length]!))
        budget--
      } else {
        return false
      }
    }
    return true
  }

  /** Once `advance` has returned false. */
  get outcome(): RangeOutcome {
    if (this.#refusal !== undefined) return { kind: 'refused', reason: this.#refusal }
    assert(
      this.#isCut && this.#kvs.length === this.#rows.length,
      'a range is worked through before it answers',
    )
    const range = { revision: this.#at.current, kvs: this.#kvs, more: this.#more, count: this.#count }
    return { kind: 'range', range }
  }

  #beginNewest(isBackward: boolean): void {
    const { key, rangeEnd, countOnly } = this.#operation
    const wanted = keySet(key, rangeEnd)
    if (wanted.kind === 'single') return this.#single(key, this.#at.current)
    this.#count = countNow(this.#at, wanted)
    this.#isCounted = true
    if (countOnly || this.#count === 0) return
    this.#source = isBackward
      ? versionsBackward(this.#at, wanted)
      : versionsAt(this.#at, wanted, this.#at.current)
  }

  #beginHistoric(revision: number): void {
    const { key, rangeEnd } = this.#operation
    const wanted = keySet(key, rangeEnd)
    if (wanted.kind === 'single') this.#single(key, revision)
    else this.#source = versionsAt(this.#at, wanted, revision)
  }

  #single(key: Uint8Array, revision: number): void {
    const version = versionAt(this.#at, key, revision)
    if (version !== undefined) this.#found({ key, version })
  }

  #collect(source: VersionSource): void {
    const found = source.step()
    if (found !== undefined && found !== null) this.#found(found)
    const isEnough = this.#isCounted && this.#rows.length >= this.#rowsWanted
    if (found !== undefined && !isEnough) return
    this.#source = undefined
    if (this.#order !== undefined) this.#sort = new SlicedSort(this.#rows, this.#order)
  }

  #found(found: KeyVersion): void {
    if (!this.#isCounted) this.#count++
    if (this.#operation.countOnly || this.#rows.length >= this.#rowsWanted) return
    if (!isKept(this.#operation, found)) return
    const kv = sortsByValue(this.#operation) ? keyValueOf(this.#at, found.version) : undefined
    this.#rows.push({ key: found.key, version: found.version, kv })
  }

  #sorted(rows: RangeRow[]): void {
    this.#rows = rows
    this.#sort = undefined
  }

  #cut(): void {
    const { limit } = this.#operation
    this.#more = limit > 0 && this.#rows.length > limit
    if (this.#more) this.#rows.length = limit
    this.#isCut = true
  }

  /** Without values, the record need not be read; the key of `h` or `p` is as good as the record's. */
  #finished({ key, version, kv }: RangeRow): KeyValue {
    if (!this.#operation.keysOnly) return kv ?? keyValueOf(this.#at, version)
    const { createRevision, main: modRevision, lease } = version
    return { key, createRevision, modRevision, version: version.version, value: EMPTY, lease }
  }
}

function byKeyDescending(a: RangeRow, b: RangeRow): number {
  return compareBytes(b.key, a.key)
}

/** The whole range at once, for ranges that are known to be short. */
export function range(view: StoreView, operation: RangeOperation, at?: ReadPoint): RangeOutcome {
  const cursor = new RangeCursor(view, operation, at)
  cursor.advance(Number.POSITIVE_INFINITY)
  return cursor.outcome
}

/**
 * About how many versions a range will look at, found without looking at them: whether it is short enough to
 * be answered at once.
 */
export function rangeCost(view: StoreView, operation: RangeOperation): number {
  const at = readPoint(view)
  const wanted = keySet(operation.key, operation.rangeEnd)
  if (wanted.kind === 'single' || refusalOfRead(at, operation.revision) !== undefined) return 1
  const now = countNow(at, wanted)
  if (operation.revision > 0 && operation.revision < at.current) return now + countPast(at, wanted)
  const order = orderOf(operation)
  const stops = rowsWanted(operation, order === 'keys' || order === 'keysDescending')
  return operation.countOnly ? 1 : Math.min(now, hasFilters(operation) ? now : stops)
}

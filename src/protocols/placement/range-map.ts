/**
 * Which part of the space of keys belongs to whom, in order of keys: a range can be split where it has grown too large
 * and merged with the next one where both have grown too small, so that neighbours in the order stay together, as
 * hashing does not let them. After Bigtable's tablets (§5) and the region epochs of TiKV.
 *
 * Promises: every key is in one range, always. Of any two ranges that overlap and come from different moments of one
 * map, the newer one has the higher version, so that who routes by an old map can be told from who routes by a new one.
 *
 * Never does: decide who may change it. It is the value that a replicated machine keeps; two that are changed apart
 * from each other contradict.
 */
import { assert } from '../../core/assert.ts'
import { compareBytes, EMPTY } from '../../core/bytes.ts'

export interface Range<Owner> {
  /** The first key of it. */
  readonly start: Uint8Array
  /** The first key behind it; undefined for none. */
  readonly end: Uint8Array | undefined
  readonly owner: Owner
  /** From 1. */
  readonly version: number
}

/** A value: a change gives another map. */
export class RangeMap<Owner> {
  /** By their starts, without gaps. */
  readonly ranges: readonly Range<Owner>[]

  private constructor(ranges: readonly Range<Owner>[]) {
    this.ranges = ranges
  }

  /** All keys in one range. */
  static whole<Owner>(owner: Owner): RangeMap<Owner> {
    return new RangeMap([{ start: EMPTY, end: undefined, owner, version: 1 }])
  }

  /** @param ranges without gaps, as `ranges` of another map */
  static of<Owner>(ranges: readonly Range<Owner>[]): RangeMap<Owner> {
    const map = new RangeMap(ranges)
    map.check()
    return map
  }

  /** The range that a key is in. */
  locate(key: Uint8Array): Range<Owner> {
    return this.ranges[this.#placeOf(key)]!
  }

  /** The ranges that keys from `start` up to, without, `end` are in; `end` undefined for no end. */
  overlapping(start: Uint8Array, end: Uint8Array | undefined): readonly Range<Owner>[] {
    if (end !== undefined && compareBytes(start, end) >= 0) return []
    const first = this.#placeOf(start)
    let behind = first + 1
    while (behind < this.ranges.length && isBelow(this.ranges[behind]!.start, end)) behind++
    return this.ranges.slice(first, behind)
  }

  /** The range around `at` ends there, and one of the same owner begins. Undefined if one begins there already. */
  split(at: Uint8Array): RangeMap<Owner> | undefined {
    const place = this.#placeOf(at)
    const range = this.ranges[place]!
    if (compareBytes(range.start, at) === 0) return undefined
    const version = range.version + 1
    return this.#replace(place, 1, [
      { ...range, end: at, version },
      { ...range, start: at, version },
    ])
  }

  /**
   * The range that begins at `at` becomes part of the one before it, whose owner has all of it then. Undefined if none
   * begins there, or nothing is before it.
   */
  merge(at: Uint8Array): RangeMap<Owner> | undefined {
    const place = this.#placeOf(at)
    const right = this.ranges[place]!
    if (place === 0 || compareBytes(right.start, at) !== 0) return undefined
    const left = this.ranges[place - 1]!
    const version = Math.max(left.version, right.version) + 1
    return this.#replace(place - 1, 2, [{ ...left, end: right.end, version }])
  }

  /** The range that begins at `at` gets another owner. Undefined if none begins there. */
  assign(at: Uint8Array, owner: Owner): RangeMap<Owner> | undefined {
    const place = this.#placeOf(at)
    const range = this.ranges[place]!
    if (compareBytes(range.start, at) !== 0) return undefined
    return this.#replace(place, 1, [{ ...range, owner, version: range.version + 1 }])
  }

  check(): void {
    const { ranges } = this
    assert(ranges.length > 0 && ranges[0]!.start.length === 0, 'ranges begin before the first key')
    for (const [i, { start, end, version }] of ranges.entries()) {
      assert(version >= 1, 'versions are counted from 1')
      const next = ranges[i + 1]
      if (next === undefined) assert(end === undefined, 'the last range has no end')
      else
        assert(end !== undefined && compareBytes(end, next.start) === 0, 'a range ends where the next begins')
      assert(end === undefined || compareBytes(start, end) < 0, 'a range has room for a key')
    }
  }

  #replace(place: number, count: number, by: readonly Range<Owner>[]): RangeMap<Owner> {
    return new RangeMap([...this.ranges.slice(0, place), ...by, ...this.ranges.slice(place + count)])
  }

  /** Of the last range that begins at or before a key. */
  #placeOf(key: Uint8Array): number {
    let low = 0
    let high = this.ranges.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (compareBytes(this.ranges[middle]!.start, key) <= 0) low = middle
      else high = middle - 1
    }
    return low
  }
}

function isBelow(key: Uint8Array, end: Uint8Array | undefined): boolean {
  return end === undefined || compareBytes(key, end) < 0
}

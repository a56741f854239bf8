/**
 * What every key was at every revision, as far as it is known. Grows by revision and can be taken back by revision,
 * so that a search can try what an unseen write may have been.
 */

import type { KeyValue } from './history.ts'
import { textOf } from './json-codec.ts'

/** A pair; what is not known of it is undefined. Bytes are spelled as strings that order as bytes do. */
export interface Pair {
  readonly mod: number
  readonly create: number | undefined
  readonly version: number | undefined
  readonly value: string | undefined
  readonly lease: bigint | undefined
}

/** Null: the key is absent. Undefined: nothing is known. */
export type KeyState = Pair | null | undefined

/** Keys with `from` <= key < `to`; without `to`, to the end. A single key is a span of one. */
export interface Span {
  readonly from: string
  readonly to: string | undefined
  readonly isSingle: boolean
}

export const EVERYTHING: Span = { from: '', to: undefined, isSingle: false }

interface Stretch {
  /** The first revision at which it is so. */
  readonly from: number
  readonly state: KeyState
}

export class KeyTimelines {
  readonly #stretches = new Map<string, Stretch[]>()
  /** Of all keys that were ever heard of, in order. */
  readonly #keys: readonly string[]
  readonly #log: { readonly key: string; readonly revision: number }[] = []
  /** Before it, nothing is known. */
  readonly #beginning: number
  /** From here on, keys may exist of which nobody has heard. */
  #wildFrom = Number.POSITIVE_INFINITY

  /** @param keys all that will ever be asked for or set. */
  constructor(keys: Iterable<string>, beginning: number) {
    this.#keys = [...new Set(keys)].sort()
    this.#beginning = beginning
  }

  get(key: string, revision: number): KeyState {
    if (revision < this.#beginning) return undefined
    const stretches = this.#stretches.get(key)
    if (stretches === undefined || stretches.length === 0)
      return revision >= this.#wildFrom ? undefined : null
    const last = stretches[stretches.length - 1]!
    if (last.from <= revision) return last.state
    let low = 0
    let high = stretches.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (stretches[middle]!.from <= revision) low = middle + 1
      else high = middle
    }
    return low === 0 ? null : stretches[low - 1]!.state
  }

  /** From `revision` on, which is never below what was set before. */
  set(key: string, revision: number, state: KeyState): void {
    const stretches = this.#stretches.get(key)
    const stretch = { from: revision, state }
    this.#log.push({ key, revision })
    if (stretches === undefined) this.#stretches.set(key, [stretch])
    else stretches.push(stretch)
  }

  /** Whether every key of the span that may exist has been heard of. */
  isClosed(span: Span, revision: number): boolean {
    return span.isSingle || revision < this.#wildFrom
  }

  /** Somebody of whom nothing is known may have written keys of which nothing is known. */
  openAt(revision: number): void {
    if (revision < this.#wildFrom) this.#wildFrom = revision
  }

  /** All keys of the span that were ever heard of. */
  keysOf(span: Span): readonly string[] {
    if (span.isSingle) return [span.from]
    const begin = this.#firstAtOrAfter(span.from)
    const end = span.to === undefined ? this.#keys.length : this.#firstAtOrAfter(span.to)
    return begin >= end ? [] : this.#keys.slice(begin, end)
  }

  /** Takes back everything that was set at `revision` or later. */
  undoFrom(revision: number): void {
    for (
      let last = this.#log.at(-1);
      last !== undefined && last.revision >= revision;
      last = this.#log.at(-1)
    ) {
      this.#stretches.get(last.key)!.pop()
      this.#log.pop()
    }
  }

  #firstAtOrAfter(key: string): number {
    let low = 0
    let high = this.#keys.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#keys[middle]! < key) low = middle + 1
      else high = middle
    }
    return low
  }
}

export function pairOf(kv: KeyValue): Pair {
  const { createRevision, modRevision, version, value, lease } = kv
  return { mod: modRevision, create: createRevision, version, value: textOf(value), lease }
}

/** Whether both may be the same. */
export function mayBeEqual(a: Pair, b: Pair): boolean {
  return (
    a.mod === b.mod &&
    isEither(a.create, b.create) &&
    isEither(a.version, b.version) &&
    isEither(a.value, b.value) &&
    isEither(a.lease, b.lease)
  )
}

function isEither<T>(a: T | undefined, b: T | undefined): boolean {
  return a === b || a === undefined || b === undefined
}

/** What both together say. */
export function joined(a: Pair, b: Pair): Pair {
  return {
    mod: a.mod,
    create: a.create ?? b.create,
    version: a.version ?? b.version,
    value: a.value ?? b.value,
    lease: a.lease ?? b.lease,
  }
}

/** As etcd reads `key` and `range_end`. */
export function spanOf(request: { readonly key: Uint8Array; readonly rangeEnd: Uint8Array }): Span {
  const from = textOf(request.key)
  const { rangeEnd } = request
  if (rangeEnd.length === 0) return { from, to: undefined, isSingle: true }
  const isOpen = rangeEnd.length === 1 && rangeEnd[0] === 0
  return { from, to: isOpen ? undefined : textOf(rangeEnd), isSingle: false }
}

export function contains(span: Span, key: string): boolean {
  if (span.isSingle) return key === span.from
  return key >= span.from && (span.to === undefined || key < span.to)
}

/** Whether a key may be in both. */
export function overlap(a: Span, b: Span): boolean {
  if (a.isSingle) return contains(b, a.from)
  if (b.isSingle) return contains(a, b.from)
  return (a.to === undefined || b.from < a.to) && (b.to === undefined || a.from < b.to)
}

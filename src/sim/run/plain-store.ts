/** Pairs in memory, in the order of their keys: a store for a machine that runs beside a simulated cluster. */
import { compareBytes } from '../../core/bytes.ts'
import type { Direction, KeyRange, StoreBatch, StoreCursor } from '../../runtime/store.ts'

interface Pair {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

export class PlainStore implements StoreBatch {
  readonly #pairs: Pair[] = []

  get(key: Uint8Array): Uint8Array | undefined {
    const pair = this.#pairs[this.#at(key)]
    return pair !== undefined && compareBytes(pair.key, key) === 0 ? pair.value : undefined
  }

  put(key: Uint8Array, value: Uint8Array): void {
    const at = this.#at(key)
    const isThere = at < this.#pairs.length && compareBytes(this.#pairs[at]!.key, key) === 0
    this.#pairs.splice(at, isThere ? 1 : 0, { key, value })
  }

  delete(key: Uint8Array): void {
    const at = this.#at(key)
    if (at < this.#pairs.length && compareBytes(this.#pairs[at]!.key, key) === 0) this.#pairs.splice(at, 1)
  }

  /** Everything is there at once. */
  commit(): void {}

  scan(range: KeyRange, direction: Direction = 'forward'): StoreCursor {
    const pairs = this.#within(range)
    if (direction === 'backward') pairs.reverse()
    let at = -1
    return {
      next: () => ++at < pairs.length,
      get key() {
        return pairs[at]!.key
      },
      get value() {
        return pairs[at]!.value
      },
      get valueUntilNext() {
        return pairs[at]!.value
      },
    }
  }

  count(range: KeyRange): number {
    return this.#within(range).length
  }

  #within({ from, to }: KeyRange): Pair[] {
    return this.#pairs.slice(this.#at(from), to === undefined ? undefined : this.#at(to))
  }

  /** Where the key stands, or would. */
  #at(key: Uint8Array): number {
    let low = 0
    let high = this.#pairs.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (compareBytes(this.#pairs[middle]!.key, key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

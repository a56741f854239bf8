/**
 * The simplest store that keeps the contract of `src/runtime/store.ts`, and checks that its user keeps it too: a
 * cursor that is used after a write to what it reads, a second batch, a changed array, a wrong word about whether a
 * key is there are errors; and a value that was kept for longer than it is valid is no longer what it was.
 */
import assert from 'node:assert/strict'
import { compareBytes } from '../../src/core/bytes.ts'
import type {
  Direction,
  KeyRange,
  Presence,
  StoreBatch,
  StoreCursor,
  StorePin,
  StoreView,
} from '../../src/runtime/store.ts'

/** What is written over values whose time is up. */
const STALE = 0xdd

interface Pair {
  readonly key: Uint8Array
  readonly value: Uint8Array
  /** Both as they were when they were put. */
  readonly copy: Buffer
}

class Pairs implements StoreView {
  protected pairs: Pair[]
  #writes = 0

  constructor(pairs: Pair[]) {
    this.pairs = pairs
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const at = this.#find(key)
    const pair = this.pairs[at]
    if (pair === undefined || compareBytes(pair.key, key) !== 0) return undefined
    return whole(pair).value
  }

  scan({ from, to }: KeyRange, direction: Direction = 'forward'): StoreCursor {
    const start = this.#find(from)
    const end = to === undefined ? this.pairs.length : Math.max(start, this.#find(to))
    const step = direction === 'forward' ? 1 : -1
    let at = direction === 'forward' ? start - 1 : end
    const passing: Uint8Array[] = []
    const writes = this.#writes
    const current = () => {
      assert(writes === this.#writes, 'a cursor ends with the next write to what it reads')
      const pair = this.pairs[at]
      assert(pair !== undefined && at >= start && at < end, 'a cursor is read where it stands on a pair')
      return whole(pair)
    }
    return {
      next: () => {
        assert(writes === this.#writes, 'a cursor ends with the next write to what it reads')
        at += step
        for (const value of passing.splice(0)) value.fill(STALE)
        return at >= start && at < end
      },
      get key() {
        return current().key
      },
      get value() {
        return current().value
      },
      get valueUntilNext() {
        passing.push(current().value.slice())
        return passing.at(-1)!
      },
    }
  }

  count({ from, to }: KeyRange): number {
    const end = to === undefined ? this.pairs.length : this.#find(to)
    return Math.max(0, end - this.#find(from))
  }

  protected set(key: Uint8Array, value: Uint8Array | undefined): void {
    this.#writes++
    const at = this.#find(key)
    const there = this.pairs[at]
    const isThere = there !== undefined && compareBytes(there.key, key) === 0
    const pairs = value === undefined ? [] : [{ key, value, copy: Buffer.concat([key, value]) }]
    this.pairs.splice(at, isThere ? 1 : 0, ...pairs)
  }

  /** The first pair at or behind the key. */
  #find(key: Uint8Array): number {
    let low = 0
    let high = this.pairs.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareBytes(this.pairs[middle]!.key, key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

class Batch extends Pairs implements StoreBatch {
  readonly #ended: (pairs: Pair[]) => void

  constructor(pairs: Pair[], ended: (pairs: Pair[]) => void) {
    super(pairs.slice())
    this.#ended = ended
  }

  put(key: Uint8Array, value: Uint8Array, known?: Presence): void {
    this.#check(key, known)
    this.set(key, value)
  }

  delete(key: Uint8Array, known?: Presence): void {
    this.#check(key, known)
    this.set(key, undefined)
  }

  commit(): void {
    this.#ended(this.pairs)
  }

  /** The store on disk believes a writer, and finds out only where its memory knows better. */
  #check(key: Uint8Array, known: Presence | undefined): void {
    const isTrue = known === undefined || (known === 'present') === (this.get(key) !== undefined)
    assert(isTrue, 'what a writer says of a key is true at that moment')
  }
}

class Pin extends Pairs implements StorePin {
  release(): void {}
}

/** The parts of a `Store` that a state machine and its readers use. */
export class StrictStore extends Pairs {
  #isBatchOpen = false

  constructor() {
    super([])
  }

  batch(): StoreBatch {
    assert(!this.#isBatchOpen, 'one batch at a time')
    this.#isBatchOpen = true
    return new Batch(this.pairs, pairs => {
      this.#isBatchOpen = false
      this.pairs = pairs
    })
  }

  pin(): StorePin {
    return new Pin(this.pairs.slice())
  }
}

function whole(pair: Pair): Pair {
  const { key, value, copy } = pair
  const isWhole =
    copy.compare(key, 0, key.length, 0, key.length) === 0 &&
    copy.compare(value, 0, value.length, key.length) === 0
  assert(isWhole, 'an array that a store was given is not changed')
  return pair
}

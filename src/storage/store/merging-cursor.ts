/**
 * Several cursors over records as one. Of records with the same key the newest source's value counts, and what
 * became of the key in all of them together (`combine`). What vanishes is passed over.
 *
 * The source whose turn it is stays outside the heap of the others: most steps of a merge go on in the same source
 * (the largest run holds most keys), and cost one comparison.
 */
import { assert } from '../../core/assert.ts'
import type { Direction } from '../../runtime/store.ts'
import { combine, type RecordKind, TOMBSTONE } from './record.ts'
import { compareKey, type RecordCursor, type RecordView } from './record-cursor.ts'

interface Source {
  readonly cursor: RecordCursor
  /** 0 for the newest. */
  readonly age: number
  /** The cursor's, looked up once a step. */
  record: RecordView
}

export class MergingCursor implements RecordCursor {
  kind: RecordKind = TOMBSTONE
  readonly #sign: 1 | -1
  #fresh: readonly RecordCursor[]
  #current: Source | undefined
  /** The others, the next one first. */
  readonly #heap: Source[] = []

  /** @param cursors newest first, each before its first record, all in the same direction. */
  constructor(cursors: readonly RecordCursor[], direction: Direction) {
    this.#sign = direction === 'forward' ? 1 : -1
    this.#fresh = cursors
  }

  get record(): RecordView {
    return this.#current!.record
  }

  next(): boolean {
    if (this.#fresh.length > 0) this.#start()
    else this.#advance()
    while (this.#current !== undefined) {
      const kind = this.#fold(this.#current)
      if (kind !== undefined) {
        this.kind = kind
        return true
      }
      this.#advance()
    }
    return false
  }

  #start(): void {
    const fresh = this.#fresh
    this.#fresh = []
    for (const [age, cursor] of fresh.entries()) {
      if (!cursor.next()) continue
      this.#heap.push({ cursor, age, record: cursor.record })
      this.#siftUp()
    }
    this.#current = this.#takeTop()
  }

  #advance(): void {
    const current = this.#current
    if (current === undefined) return
    if (!step(current)) {
      this.#current = this.#takeTop()
      return
    }
    const top = this.#heap[0]
    if (top === undefined || this.#order(current, top) < 0) return
    this.#heap[0] = current
    this.#current = top
    this.#siftDown()
  }

  /** Takes the older records of the current key along; `undefined` if nothing is left of it. */
  #fold(current: Source): RecordKind | undefined {
    let kind: RecordKind | undefined = current.cursor.kind
    for (
      let top = this.#heap[0];
      top !== undefined && sameKey(current.record, top.record);
      top = this.#heap[0]
    ) {
      const older: RecordKind = top.cursor.kind
      assert(kind !== undefined || older === TOMBSTONE, 'a key is made only where there was none')
      kind = kind === undefined ? older : combine(kind, older)
      if (step(top)) this.#siftDown()
      else this.#takeTop()
    }
    return kind
  }

  #order(a: Source, b: Source): number {
    const { keyBytes, keyLength } = b.record
    const byKey = compareKey(a.record, keyBytes, keyLength)
    return byKey === 0 ? a.age - b.age : byKey * this.#sign
  }

  #takeTop(): Source | undefined {
    const top = this.#heap[0]
    const last = this.#heap.pop()
    if (last !== undefined && last !== top) {
      this.#heap[0] = last
      this.#siftDown()
    }
    return top
  }

  #siftUp(): void {
    const heap = this.#heap
    let at = heap.length - 1
    while (at > 0) {
      const above = (at - 1) >>> 1
      if (this.#order(heap[above]!, heap[at]!) <= 0) return
      const moved = heap[at]!
      heap[at] = heap[above]!
      heap[above] = moved
      at = above
    }
  }

  #siftDown(): void {
    const heap = this.#heap
    const moved = heap[0]!
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && this.#order(heap[below + 1]!, heap[below]!) < 0) below++
      if (this.#order(moved, heap[below]!) <= 0) break
      heap[at] = heap[below]!
      at = below
    }
    heap[at] = moved
  }
}

/** Moves the source on; false at its end. */
function step(source: Source): boolean {
  if (!source.cursor.next()) return false
  source.record = source.cursor.record
  return true
}

function sameKey(a: RecordView, b: RecordView): boolean {
  const length = a.keyLength
  if (length !== b.keyLength) return false
  const aBytes = a.keyBytes
  const bBytes = b.keyBytes
  // Keys that follow each other differ at their ends.
  for (let i = length - 1; i >= 0; i--) if (aBytes[i] !== bBytes[i]) return false
  return true
}

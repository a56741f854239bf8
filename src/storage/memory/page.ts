/**
 * A sorted set of records in one buffer: the body of a tree's node. A record is a key and a value, packed one
 * behind the other; `slots` holds the records' places in key order. So a page of sixty pairs costs the
 * collector a few objects instead of hundreds, and a search touches few cache lines.
 *
 * Packed bytes are written once and never moved or overwritten while their buffer lives: a new value goes
 * behind the old one, and when the buffer is full the living records move to a new one. That is why a
 * view that was handed out stays valid whatever is written later.
 *
 * Records beyond `PACKED_RECORD_BYTES_MAX` lie outside, by reference; their slot is the complement of their
 * position in `#large`.
 */
import { assert } from '../../core/assert.ts'
import { EMPTY } from '../../core/bytes.ts'
import { PACKED_RECORD_BYTES_MAX, PAGE_RECORDS_MAX } from './limits.ts'
import type { Probe } from './probe.ts'

interface LargeRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** One more than the limit: a page is split after the record that is too many. */
const SLOT_BYTES = 4 * (PAGE_RECORDS_MAX + 1)

/** Before a packed record: the lengths of its key and its value, two bytes each. */
const RECORD_HEADER_BYTES = 4

/** Up to here a loop is faster than a call of `set` with a view made for it. */
const LOOP_COPY_BYTES_MAX = 32

export class Page {
  #count = 0
  #buffer: ArrayBuffer
  #slots: Int32Array
  #heap: Uint8Array
  /** Where the next packed record goes. */
  #end = SLOT_BYTES
  /** Bytes of packed records that are in use, headers included. */
  #packedBytes = 0
  #large: LargeRecord[] | undefined

  /** A copy of a page; or an empty one, with room for so many bytes of packed records. */
  constructor(source: Page | number) {
    const isNew = typeof source === 'number'
    this.#buffer = isNew ? new ArrayBuffer(SLOT_BYTES + source) : source.#buffer.slice(0)
    this.#slots = new Int32Array(this.#buffer, 0, PAGE_RECORDS_MAX + 1)
    this.#heap = new Uint8Array(this.#buffer)
    if (isNew) return
    this.#count = source.#count
    this.#end = source.#end
    this.#packedBytes = source.#packedBytes
    this.#large = source.#large?.slice()
  }

  get count(): number {
    return this.#count
  }

  get packedBytes(): number {
    return this.#packedBytes
  }

  /** What the page itself occupies, without what lies outside. */
  get bufferBytes(): number {
    return this.#heap.length
  }

  /**
   * The position of the first record whose key is not below the probe's; notes in the probe whether it is
   * the very key. Compares only behind what the key is known to share with both ends of the rest.
   */
  seek(probe: Probe): number {
    const key = probe.key
    const keyLength = key.length
    const heap = this.#heap
    const slots = this.#slots
    let lowShared = probe.lowShared
    let highShared = probe.highShared
    let low = 0
    let high = this.#count
    probe.found = false
    while (low < high) {
      const middle = (low + high) >>> 1
      const slot = slots[middle]!
      let at = lowShared < highShared ? lowShared : highShared
      // Negative if the record's key is below the probe's.
      let order = 0
      if (slot >= 0) {
        const start = slot + RECORD_HEADER_BYTES
        const length = heap[slot]! | (heap[slot + 1]! << 8)
        const shorter = length < keyLength ? length : keyLength
        while (at < shorter && (order = heap[start + at]! - key[at]!) === 0) at++
        if (order === 0) order = length - keyLength
      } else {
        const large = this.#large![~slot]!.key
        at = sharedBytes(large, key, at)
        order = at < large.length && at < keyLength ? large[at]! - key[at]! : large.length - keyLength
      }
      if (order < 0) {
        low = middle + 1
        lowShared = at
      } else if (order > 0) {
        high = middle
        highShared = at
      } else {
        probe.found = true
        low = middle
        lowShared = keyLength
        break
      }
    }
    probe.lowShared = lowShared
    probe.highShared = highShared
    return low
  }

  keyAt(position: number): Uint8Array {
    const slot = this.#slots[position]!
    if (slot < 0) return this.#large![~slot]!.key
    const heap = this.#heap
    const length = heap[slot]! | (heap[slot + 1]! << 8)
    return new Uint8Array(this.#buffer, slot + RECORD_HEADER_BYTES, length)
  }

  valueAt(position: number): Uint8Array {
    const slot = this.#slots[position]!
    if (slot < 0) return this.#large![~slot]!.value
    const heap = this.#heap
    const length = heap[slot + 2]! | (heap[slot + 3]! << 8)
    if (length === 0) return EMPTY
    const keyLength = heap[slot]! | (heap[slot + 1]! << 8)
    return new Uint8Array(this.#buffer, slot + RECORD_HEADER_BYTES + keyLength, length)
  }

  /** Bytes of key and value together. */
  pairBytesAt(position: number): number {
    const slot = this.#slots[position]!
    if (slot >= 0) return packedLength(this.#heap, slot) - RECORD_HEADER_BYTES
    const { key, value } = this.#large![~slot]!
    return key.length + value.length
  }

  insertAt(position: number, key: Uint8Array, value: Uint8Array): void {
    assert(this.#count <= PAGE_RECORDS_MAX, 'a page that is too full is split before the next insert')
    const slot = this.#add(key, value)
    this.#slots.copyWithin(position + 1, position, this.#count)
    this.#slots[position] = slot
    this.#count++
  }

  /** `key` is the one that is there. */
  replaceAt(position: number, key: Uint8Array, value: Uint8Array): void {
    const old = this.#slots[position]!
    if (old < 0 && isLarge(key, value)) {
      this.#large![~old] = { key: owned(key), value: owned(value) }
      return
    }
    const slot = this.#add(key, value)
    this.#drop(position)
    this.#slots[position] = slot
  }

  removeAt(position: number): void {
    this.#drop(position)
    this.#slots.copyWithin(position, position + 1, this.#count)
    this.#count--
  }

  /** Adds the records `from` <= position < `to` of another page behind the last one. */
  append(source: Page, from: number, to: number): void {
    assert(this.#count + to - from <= PAGE_RECORDS_MAX + 1, 'a page has room for what is moved into it')
    for (let position = from; position < to; position++) {
      const slot = source.#slots[position]!
      // Adding may replace `#slots`: first the one, then the other.
      const moved = slot < 0 ? this.#addLarge(source.#large![~slot]!) : this.#addPacked(source.#heap, slot)
      this.#slots[this.#count++] = moved
    }
  }

  /** Forgets the records from `count` on. */
  truncate(count: number): void {
    while (this.#count > count) {
      this.#drop(this.#count - 1)
      this.#count--
    }
  }

  /** Gives back what is not in use, but for some room to grow. */
  trim(spareBytes: number): void {
    this.#move(this.#packedBytes + spareBytes)
  }

  #add(key: Uint8Array, value: Uint8Array): number {
    if (isLarge(key, value)) return this.#addLarge({ key: owned(key), value: owned(value) })
    const bytes = key.length + value.length
    this.#reserve(RECORD_HEADER_BYTES + bytes)
    const heap = this.#heap
    const slot = this.#end
    heap[slot] = key.length
    heap[slot + 1] = key.length >>> 8
    heap[slot + 2] = value.length
    heap[slot + 3] = value.length >>> 8
    copyBytes(key, heap, slot + RECORD_HEADER_BYTES)
    copyBytes(value, heap, slot + RECORD_HEADER_BYTES + key.length)
    this.#end = slot + RECORD_HEADER_BYTES + bytes
    this.#packedBytes += RECORD_HEADER_BYTES + bytes
    return slot
  }

  #addPacked(source: Uint8Array, at: number): number {
    const length = packedLength(source, at)
    this.#reserve(length)
    const heap = this.#heap
    const slot = this.#end
    for (let i = 0; i < length; i++) heap[slot + i] = source[at + i]!
    this.#end = slot + length
    this.#packedBytes += length
    return slot
  }

  #addLarge(record: LargeRecord): number {
    this.#large ??= []
    this.#large.push(record)
    return ~(this.#large.length - 1)
  }

  /** The record is no longer in use; its slot is for the caller to remove. */
  #drop(position: number): void {
    const slot = this.#slots[position]!
    if (slot >= 0) this.#packedBytes -= packedLength(this.#heap, slot)
    else this.#dropLarge(~slot)
  }

  /** The last one takes the place that became free. */
  #dropLarge(index: number): void {
    const large = this.#large!
    const last = large.pop()!
    if (index === large.length) return
    large[index] = last
    for (let position = 0; position < this.#count; position++) {
      if (this.#slots[position] === ~large.length) this.#slots[position] = ~index
    }
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#heap.length) return
    const needed = this.#packedBytes + bytes
    this.#move(needed + (needed >>> 1))
  }

  /** Moves the living records to a new buffer, in key order. The old one lives on in views of it. */
  #move(packedBytes: number): void {
    const heap = this.#heap
    const slots = this.#slots
    this.#buffer = new ArrayBuffer(SLOT_BYTES + packedBytes)
    this.#slots = new Int32Array(this.#buffer, 0, PAGE_RECORDS_MAX + 1)
    this.#heap = new Uint8Array(this.#buffer)
    this.#end = SLOT_BYTES
    this.#packedBytes = 0
    for (let position = 0; position < this.#count; position++) {
      const slot = slots[position]!
      this.#slots[position] = slot < 0 ? slot : this.#addPacked(heap, slot)
    }
  }
}

function isLarge(key: Uint8Array, value: Uint8Array): boolean {
  return key.length + value.length > PACKED_RECORD_BYTES_MAX
}

function packedLength(heap: Uint8Array, slot: number): number {
  return (
    RECORD_HEADER_BYTES + (heap[slot]! | (heap[slot + 1]! << 8)) + (heap[slot + 2]! | (heap[slot + 3]! << 8))
  )
}

/** How many bytes two keys share, which are known to share `at`. */
function sharedBytes(a: Uint8Array, b: Uint8Array, at: number): number {
  const shorter = Math.min(a.length, b.length)
  while (at < shorter && a[at] === b[at]) at++
  return at
}

function copyBytes(from: Uint8Array, to: Uint8Array, at: number): void {
  const length = from.length
  if (length > LOOP_COPY_BYTES_MAX) to.set(from, at)
  else for (let i = 0; i < length; i++) to[at + i] = from[i]!
}

/** The bytes themselves, unless keeping them would keep alive a buffer of more than twice their size. */
function owned(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength > 2 * bytes.length ? bytes.slice() : bytes
}

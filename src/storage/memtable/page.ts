/**
 * A sorted set of records in one buffer: the body of a tree's node. Keys and values are packed one behind the
 * other; a slot says where a record is, and a hint what its key begins with behind the bytes that all keys of
 * the page share. So a page of sixty records costs the collector a few objects instead of hundreds, and a search
 * compares numbers that lie side by side.
 *
 * Packed bytes are written once and never moved or overwritten while their buffer lives: a new value goes
 * behind the old one, and when the buffer is full the living records move to a new one. That is why a
 * view that was handed out stays valid whatever is written later.
 *
 * Records beyond `PACKED_RECORD_BYTES_MAX` lie outside, by reference; their slot is the complement of their
 * position in `#large`.
 */
import { assert } from '../../core/assert.ts'
import { compareBytes, copyBytes, EMPTY, sharedBytes } from '../../core/bytes.ts'
import { writeU16 } from '../store/block-format.ts'
import { INSERT, type RecordKind, weightOf } from '../store/record.ts'
import { PAGE_RECORDS_MAX } from './limits.ts'
import {
  hintOf,
  isLarge,
  type LargeRecord,
  ownedBytes,
  packedKeyLength,
  packedKind,
  packedValueLength,
  RECORD_HEADER_BYTES,
  type RecordPlace,
  recordBytes,
  writeRecord,
} from './packed-record.ts'
import { SLOTS, searchRecords, sideOf } from './page-search.ts'
import type { Probe } from './probe.ts'

/**
 * Room that a page gets when it grows, at least: a page of a few records that are replaced again and again (a
 * hot key, the applied position) would otherwise move into a new buffer at every second put.
 */
const SPARE_BYTES_MIN = 1024

/** Before the packed records: a slot and a hint for each. */
const INDEX_BYTES = 2 * 4 * SLOTS

export class Page {
  #count = 0
  #buffer: ArrayBuffer
  /** The records' places in key order, and from `SLOTS` on their hints in the same order. */
  #slots: Int32Array
  /** So many bytes at least all keys share; the hints are of the bytes behind them. */
  #shared = 0
  #heap: Uint8Array
  /**
   * A packed record whose key begins with what all keys share, be it in use or not: the newest one, because searches
   * come before writes, and a write touches what lies behind it. Negative: the first record is asked.
   */
  #sharingSlot = -1
  /** Where the next packed record goes. */
  #end = INDEX_BYTES
  /** Bytes of packed records that are in use, headers included. */
  #packedBytes = 0
  /** The sum of all records' weights. */
  #weight = 0
  #large: LargeRecord[] | undefined

  /** A copy of a page; or an empty one, with room for so many bytes of packed records. */
  constructor(source: Page | number) {
    const isNew = typeof source === 'number'
    this.#buffer = isNew ? new ArrayBuffer(INDEX_BYTES + source) : source.#buffer.slice(0)
    this.#slots = new Int32Array(this.#buffer, 0, 2 * SLOTS)
    this.#heap = new Uint8Array(this.#buffer)
    if (isNew) return
    this.#count = source.#count
    this.#end = source.#end
    this.#packedBytes = source.#packedBytes
    this.#weight = source.#weight
    this.#shared = source.#shared
    this.#sharingSlot = source.#sharingSlot
    this.#large = source.#large?.slice()
  }

  get count(): number {
    return this.#count
  }

  get packedBytes(): number {
    return this.#packedBytes
  }

  /** By how much the records here change the number of keys there are. */
  get weight(): number {
    return this.#weight
  }

  /** What the page itself occupies, without what lies outside. */
  get bufferBytes(): number {
    return this.#heap.length
  }

  /** Room for packed records behind those that are there. */
  get spareBytes(): number {
    return this.#heap.length - this.#end
  }

  /** Whether there are records that lie outside. */
  get hasLarge(): boolean {
    return this.#large !== undefined && this.#large.length > 0
  }

  /** Bytes of the heap: all packed records since it was last compacted, those no longer in use too. */
  get heapBytes(): number {
    return this.#end - INDEX_BYTES
  }

  /**
   * The position of the first record whose key is not below the probe's; notes in the probe whether it is
   * the very key.
   */
  seek(probe: Probe): number {
    probe.found = false
    const count = this.#count
    if (count === 0) return 0
    const shared = this.#shared
    probe.pageShared = shared
    if (probe.lowShared < shared || probe.highShared < shared) {
      const slot = this.#sharingSlot >= 0 ? this.#sharingSlot : this.#slots[0]!
      const isPacked = slot >= 0
      const bytes = isPacked ? this.#heap : this.#large![~slot]!.key
      const side = sideOf(probe, bytes, isPacked ? slot + RECORD_HEADER_BYTES : 0, shared)
      if (side !== 0) return side < 0 ? 0 : count
    }
    return searchRecords(probe, count, shared, this.#slots, this.#heap, this.#large)
  }

  copyHeap(to: Uint8Array, at: number): void {
    to.set(this.#heap.subarray(INDEX_BYTES, this.#end), at)
  }

  /** Writes where each packed record begins in the heap, in two bytes. */
  copyPlaces(to: Uint8Array, at: number): void {
    const slots = this.#slots
    const count = this.#count
    for (let i = 0; i < count; i++) writeU16(to, at + 2 * i, slots[i]! - INDEX_BYTES)
  }

  keyAt(position: number): Uint8Array {
    const slot = this.#slots[position]!
    if (slot < 0) return this.#large![~slot]!.key
    const heap = this.#heap
    const length = packedKeyLength(heap, slot)
    return new Uint8Array(this.#buffer, slot + RECORD_HEADER_BYTES, length)
  }

  /** How the key at `position` compares to another, as `compareBytes` does. */
  compareKeyAt(position: number, key: Uint8Array): number {
    const slot = this.#slots[position]!
    if (slot < 0) return compareBytes(this.#large![~slot]!.key, key)
    const heap = this.#heap
    const start = slot + RECORD_HEADER_BYTES
    const length = packedKeyLength(heap, slot)
    const shorter = length < key.length ? length : key.length
    for (let i = 0; i < shorter; i++) {
      const order = heap[start + i]! - key[i]!
      if (order !== 0) return order
    }
    return length - key.length
  }

  /** How many bytes a key shares with the first one, as far as all keys share them. */
  sharedWith(key: Uint8Array): number {
    const slot = this.#slots[0]!
    const bytes = slot < 0 ? this.#large![~slot]!.key : this.#heap
    const start = slot < 0 ? 0 : slot + RECORD_HEADER_BYTES
    const end = key.length < this.#shared ? key.length : this.#shared
    let at = 0
    while (at < end && bytes[start + at] === key[at]) at++
    return at
  }

  valueAt(position: number): Uint8Array {
    const slot = this.#slots[position]!
    if (slot < 0) return this.#large![~slot]!.value
    const heap = this.#heap
    const length = packedValueLength(heap, slot)
    if (length === 0) return EMPTY
    const keyLength = packedKeyLength(heap, slot)
    return new Uint8Array(this.#buffer, slot + RECORD_HEADER_BYTES + keyLength, length)
  }

  kindAt(position: number): RecordKind {
    const slot = this.#slots[position]!
    return slot < 0 ? this.#large![~slot]!.kind : packedKind(this.#heap, slot)
  }

  /** Says where a record lies without making a view of it; what is there stays there. */
  locate(position: number, place: RecordPlace): void {
    const slot = this.#slots[position]!
    if (slot < 0) {
      const { key, value, kind } = this.#large![~slot]!
      place.keySource = key
      place.keyAt = 0
      place.keyLength = key.length
      place.valueBytes = value
      place.valueAt = 0
      place.valueLength = value.length
      place.kind = kind
      return
    }
    const heap = this.#heap
    const keyLength = packedKeyLength(heap, slot)
    place.keySource = heap
    place.keyAt = slot + RECORD_HEADER_BYTES
    place.keyLength = keyLength
    place.valueBytes = heap
    place.valueAt = slot + RECORD_HEADER_BYTES + keyLength
    place.valueLength = packedValueLength(heap, slot)
    place.kind = packedKind(heap, slot)
  }

  /** The weights of the records before `position`, added up. */
  weightBefore(position: number): number {
    // Inserts weigh most, and a tree that is no memtable holds nothing else.
    if (this.#weight === this.#count) return position
    const isNearEnd = position > this.#count >>> 1
    const end = isNearEnd ? this.#count : position
    let weight = 0
    for (let i = isNearEnd ? position : 0; i < end; i++) weight += weightOf(this.kindAt(i))
    return isNearEnd ? this.#weight - weight : weight
  }

  /** Bytes of key and value together. */
  pairBytesAt(position: number): number {
    const slot = this.#slots[position]!
    if (slot >= 0) return recordBytes(this.#heap, slot) - RECORD_HEADER_BYTES
    const { key, value } = this.#large![~slot]!
    return key.length + value.length
  }

  /** @param shared how many bytes the key shares with all others, as far as they do (`Probe.pageShared`). */
  insertAt(
    position: number,
    key: Uint8Array,
    value: Uint8Array,
    kind: RecordKind = INSERT,
    shared = this.sharedWith(key),
  ): void {
    assert(this.#count <= PAGE_RECORDS_MAX, 'a page that is too full is split before the next insert')
    const slot = this.#add(key, value, kind)
    if (this.#count === 0) {
      this.#shared = key.length
      this.#sharingSlot = slot
    } else this.#share(shared)
    const slots = this.#slots
    // A loop, since two calls of `copyWithin` cost more than the few steps that it takes.
    for (let i = this.#count; i > position; i--) {
      slots[i] = slots[i - 1]!
      slots[SLOTS + i] = slots[SLOTS + i - 1]!
    }
    slots[position] = slot
    slots[SLOTS + position] = hintOf(key, this.#shared, key.length)
    this.#count++
  }

  /** `key` is the one that is there. */
  replaceAt(position: number, key: Uint8Array, value: Uint8Array, kind: RecordKind): void {
    const old = this.#slots[position]!
    if (old < 0 && isLarge(key, value)) {
      this.#weight += weightOf(kind) - weightOf(this.#large![~old]!.kind)
      this.#large![~old] = { key: ownedBytes(key), value: ownedBytes(value), kind }
      return
    }
    const slot = this.#add(key, value, kind)
    this.#drop(position)
    this.#slots[position] = slot
  }

  removeAt(position: number): void {
    this.#drop(position)
    this.#slots.copyWithin(position, position + 1, this.#count)
    this.#slots.copyWithin(SLOTS + position, SLOTS + position + 1, SLOTS + this.#count)
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
    this.#rehint()
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

  /** Finds out how many bytes all keys share: as many as the first and the last. */
  #rehint(): void {
    const count = this.#count
    this.#sharingSlot = -1
    this.#shared = -1
    if (count > 0) this.#share(sharedBytes(this.keyAt(0), this.keyAt(count - 1)))
  }

  /** All keys share `shared` bytes, perhaps not more. */
  #share(shared: number): void {
    if (shared === this.#shared) return
    this.#shared = shared
    const slots = this.#slots
    const heap = this.#heap
    for (let position = 0; position < this.#count; position++) {
      const slot = slots[position]!
      if (slot < 0) {
        const key = this.#large![~slot]!.key
        slots[SLOTS + position] = hintOf(key, shared, key.length)
      } else {
        const start = slot + RECORD_HEADER_BYTES
        const length = packedKeyLength(heap, slot)
        slots[SLOTS + position] = hintOf(heap, start + shared, start + length)
      }
    }
  }

  #add(key: Uint8Array, value: Uint8Array, kind: RecordKind): number {
    if (isLarge(key, value)) {
      return this.#addLarge({ key: ownedBytes(key), value: ownedBytes(value), kind })
    }
    const bytes = key.length + value.length
    this.#reserve(RECORD_HEADER_BYTES + bytes)
    const slot = this.#end
    writeRecord(this.#heap, slot, key, value, kind)
    this.#weight += weightOf(kind)
    this.#sharingSlot = slot
    this.#end = slot + RECORD_HEADER_BYTES + bytes
    this.#packedBytes += RECORD_HEADER_BYTES + bytes
    return slot
  }

  #addPacked(source: Uint8Array, at: number): number {
    const length = recordBytes(source, at)
    this.#reserve(length)
    const slot = this.#end
    copyBytes(source, at, length, this.#heap, slot)
    this.#weight += weightOf(packedKind(source, at))
    this.#end = slot + length
    this.#packedBytes += length
    return slot
  }

  #addLarge(record: LargeRecord): number {
    this.#large ??= []
    this.#large.push(record)
    this.#weight += weightOf(record.kind)
    return ~(this.#large.length - 1)
  }

  /** The record is no longer in use; its slot is for the caller to remove. */
  #drop(position: number): void {
    const slot = this.#slots[position]!
    this.#weight -= weightOf(this.kindAt(position))
    if (slot >= 0) this.#packedBytes -= recordBytes(this.#heap, slot)
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
    if (bytes <= this.spareBytes) return
    const unusedBytes = this.heapBytes - this.#packedBytes
    if (unusedBytes <= this.#packedBytes >>> 3) this.#enlarge(withSpare(this.heapBytes + bytes))
    else this.#move(withSpare(this.#packedBytes + bytes))
  }

  /** Moves everything as it stands to a larger buffer: little of it is no longer in use. */
  #enlarge(bytes: number): void {
    const heap = this.#heap
    this.#renew(bytes)
    this.#heap.set(heap.subarray(0, this.#end))
  }

  /** Moves the living records to a new buffer, in key order. The old one lives on in views of it. */
  #move(packedBytes: number): void {
    const heap = this.#heap
    const slots = this.#slots
    this.#renew(packedBytes)
    this.#end = INDEX_BYTES
    this.#packedBytes = 0
    let position = 0
    while (position < this.#count) {
      const slot = slots[position]!
      if (slot < 0) this.#slots[position++] = slot
      else position = this.#moveRun(heap, slots, position)
    }
    this.#rehint()
  }

  #renew(heapBytes: number): void {
    this.#buffer = new ArrayBuffer(INDEX_BYTES + heapBytes)
    this.#slots = new Int32Array(this.#buffer, 0, 2 * SLOTS)
    this.#heap = new Uint8Array(this.#buffer)
  }

  /** Copies at once as many records as lie one behind the other in key order too; all of them, where keys ascend. */
  #moveRun(heap: Uint8Array, slots: Int32Array, first: number): number {
    const from = slots[first]!
    const shift = this.#end - from
    let position = first
    let to = from
    do {
      this.#slots[position++] = to + shift
      to += recordBytes(heap, to)
    } while (position < this.#count && slots[position] === to)
    copyBytes(heap, from, to - from, this.#heap, this.#end)
    this.#end += to - from
    this.#packedBytes += to - from
    return position
  }
}

/** What a page that grows to so many bytes gets. */
function withSpare(bytes: number): number {
  return bytes + Math.max(bytes >>> 1, SPARE_BYTES_MIN)
}

/**
 * Where one group's live entries are on disk: by index, ascending, gaps allowed, without the entries
 * themselves. Parallel typed arrays, 24 bytes an entry.
 */
import type { Index } from '../../core/ids.ts'
import type { SegmentUse } from './segment-use.ts'

const CAPACITY_MIN = 64

export class EntryIndex {
  readonly #use: SegmentUse
  #indexes = new Float64Array(CAPACITY_MIN)
  #segments = new Uint32Array(CAPACITY_MIN)
  #batches = new Uint32Array(CAPACITY_MIN)
  #offsets = new Uint32Array(CAPACITY_MIN)
  #lengths = new Uint32Array(CAPACITY_MIN)
  /** Entries stand in the slots from `#first` up to, but not including, `#end`. */
  #first = 0
  #end = 0

  constructor(use: SegmentUse) {
    this.#use = use
  }

  get firstSlot(): number {
    return this.#first
  }

  get endSlot(): number {
    return this.#end
  }

  indexAt(slot: number): Index {
    return this.#indexes[slot]! as Index
  }

  /** The sequence number of the segment. */
  segmentAt(slot: number): number {
    return this.#segments[slot]!
  }

  /** Where in the segment the entry's batch starts. */
  batchAt(slot: number): number {
    return this.#batches[slot]!
  }

  /** Where in the segment the entry itself starts. */
  offsetAt(slot: number): number {
    return this.#offsets[slot]!
  }

  lengthAt(slot: number): number {
    return this.#lengths[slot]!
  }

  /** The first slot whose index is at least `index`; `endSlot` if there is none. */
  lowerBound(index: number): number {
    let low = this.#first
    let high = this.#end
    if (high > low && this.#indexes[high - 1]! < index) return high
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#indexes[middle]! < index) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Adds an entry, or says where its newest version is. */
  put(index: Index, segment: number, batch: number, offset: number, length: number): void {
    let at = this.lowerBound(index)
    if (at < this.#end && this.#indexes[at] === index) this.#release(at)
    else at = this.#insert(at)
    this.#indexes[at] = index
    this.#segments[at] = segment
    this.#batches[at] = batch
    this.#offsets[at] = offset
    this.#lengths[at] = length
    this.#use.add(segment, length)
  }

  /** Forgets every entry at and above `index`. */
  truncateFrom(index: number): void {
    const from = this.lowerBound(index)
    for (let slot = from; slot < this.#end; slot++) this.#release(slot)
    this.#end = from
  }

  /** Forgets every entry at and below `index`. */
  dropTo(index: number): void {
    const to = this.lowerBound(index + 1)
    for (let slot = this.#first; slot < to; slot++) this.#release(slot)
    this.#first = to
  }

  #release(slot: number): void {
    this.#use.add(this.#segments[slot]!, -this.#lengths[slot]!)
  }

  /** Makes an empty slot before `slot`; returns where it is, for everything may have moved to the front. */
  #insert(slot: number): number {
    if (this.#end === this.#indexes.length) {
      slot -= this.#first
      this.#makeRoom()
    }
    if (slot < this.#end) {
      for (const column of this.#columns()) column.copyWithin(slot + 1, slot, this.#end)
    }
    this.#end++
    return slot
  }

  #makeRoom(): void {
    const count = this.#end - this.#first
    const capacity = Math.max(CAPACITY_MIN, count * 2)
    this.#indexes = moved(this.#indexes, new Float64Array(capacity), this.#first, this.#end)
    this.#segments = moved(this.#segments, new Uint32Array(capacity), this.#first, this.#end)
    this.#batches = moved(this.#batches, new Uint32Array(capacity), this.#first, this.#end)
    this.#offsets = moved(this.#offsets, new Uint32Array(capacity), this.#first, this.#end)
    this.#lengths = moved(this.#lengths, new Uint32Array(capacity), this.#first, this.#end)
    this.#first = 0
    this.#end = count
  }

  #columns(): readonly (Float64Array | Uint32Array)[] {
    return [this.#indexes, this.#segments, this.#batches, this.#offsets, this.#lengths]
  }
}

function moved<Column extends Float64Array | Uint32Array>(
  from: Column,
  to: Column,
  first: number,
  end: number,
): Column {
  to.set(from.subarray(first, end))
  return to
}

/** Where a cursor over a table gets its blocks from: the cache, or a buffer that reads ahead. */
import { EMPTY } from '../../core/bytes.ts'
import { BUFFER_BYTES } from './limits.ts'
import type { TableFile } from './table-file.ts'

export interface BlockSource {
  /** The block that was opened last begins at `at` of `bytes`. */
  readonly bytes: Uint8Array
  readonly at: number
  /** Whether its bytes stay the same until the next `open` of this source. */
  readonly isStable: boolean
  open(block: number): void
  /** Opens the same block again if the bytes are no longer its. */
  refresh(): void
  /** Nothing is opened any more. */
  close(): void
}

/** For scans: what is read again soon stays in memory, but for blocks of their own, which are large. */
export class CachedBlocks implements BlockSource {
  bytes = EMPTY
  at = 0
  readonly isStable = false
  readonly #file: TableFile
  #block = 0
  #frame = -1
  #generation = 0
  /** Takes one block of its own after the other: a new array for each would be left to the collector. */
  #lone = EMPTY

  constructor(file: TableFile) {
    this.#file = file
  }

  open(block: number): void {
    this.#block = block
    if (this.#file.isLone(block)) return this.#openLone(block)
    this.bytes = this.#file.block(block)
    this.at = this.#file.blockAt
    this.#frame = this.#file.frameOf(block)
    this.#generation = this.#file.cache.generation(this.#frame)
  }

  refresh(): void {
    if (this.#frame < 0 || this.#file.cache.generation(this.#frame) === this.#generation) return
    this.open(this.#block)
  }

  close(): void {}

  #openLone(block: number): void {
    const length = this.#file.parts.index.length(block)
    if (length > this.#lone.length) this.#lone = new Uint8Array(Math.max(length, 2 * this.#lone.length))
    this.#file.fill(block, this.#lone, 0)
    this.bytes = this.#lone
    this.at = 0
    this.#frame = -1
  }
}

/** For merges: reads many blocks at once, and leaves the cache to those who come again. */
export class AheadBlocks implements BlockSource {
  bytes = EMPTY
  at = 0
  readonly isStable = true
  readonly #file: TableFile
  #buffer = EMPTY
  /** The blocks that `bytes` holds. */
  #first = 0
  #end = 0

  constructor(file: TableFile) {
    this.#file = file
  }

  open(block: number): void {
    const { index } = this.#file.parts
    if (block < this.#first || block >= this.#end) this.#read(block)
    this.at = index.offset(block) - index.offset(this.#first)
    const fault = this.#file.faultOf(block, this.bytes, this.at)
    if (fault !== undefined) this.#file.damaged(block, fault)
  }

  refresh(): void {}

  close(): void {
    this.#file.place.buffers.give(this.#buffer)
    this.#buffer = this.bytes = EMPTY
    this.#first = this.#end = 0
  }

  /** As many whole blocks as fit, or one that is larger than that. */
  #read(first: number): void {
    const { index } = this.#file.parts
    if (this.#buffer === EMPTY) this.#buffer = this.#bufferFor(index.offset(index.blocks) - index.offset(0))
    let end = first + 1
    while (end < index.blocks && index.offset(end + 1) - index.offset(first) <= this.#buffer.length) end++
    const length = index.offset(end) - index.offset(first)
    this.bytes = length <= this.#buffer.length ? this.#buffer : new Uint8Array(length)
    this.#end = this.#first = 0
    this.#file.readBlocks(first, end, this.bytes, 0)
    this.#first = first
    this.#end = end
  }
  #bufferFor(tableBytes: number): Uint8Array {
    return tableBytes < BUFFER_BYTES ? new Uint8Array(tableBytes) : this.#file.place.buffers.take()
  }
}

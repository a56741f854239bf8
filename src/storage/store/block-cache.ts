/**
 * Blocks of all tables in memory, in frames of BLOCK_BYTES_MAX that are made once and used again: nothing is left
 * to the collector. Which frame is given up is decided by the clock algorithm (Corbató 1968): the hand passes
 * over frames that were used since it last came by. A block is new without having been used, so that one that is
 * read once, by a long scan, leaves before those that are used again.
 */
import { assert } from '../../core/assert.ts'
import { BLOCK_BYTES_MAX } from './limits.ts'

/**
 * Frames are made so many at a time: a small store needs few. They lie in one array, since thousands of arrays of their
 * own would be as many objects to look up that the processor's cache does not hold.
 */
const SLAB_FRAMES = 128

/** The blocks of one table, by number: their frame, or -1. */
export interface CachedTable {
  readonly frames: Int32Array
}

export class BlockCache {
  readonly #framesMax: number
  readonly #slabs: Uint8Array[] = []
  readonly #used: Uint8Array
  /** Changes whenever a frame is given another content. */
  readonly #generations: Uint32Array
  readonly #blocks: Int32Array
  readonly #tables: (CachedTable | undefined)[] = []
  #framesMade = 0
  #hand = 0

  /** @param bytes at least one frame's. */
  constructor(bytes: number) {
    this.#framesMax = Math.floor(bytes / BLOCK_BYTES_MAX)
    assert(this.#framesMax > 0, 'the cache holds at least a block')
    this.#used = new Uint8Array(this.#framesMax)
    this.#generations = new Uint32Array(this.#framesMax)
    this.#blocks = new Int32Array(this.#framesMax)
  }

  /** Memory held for blocks, used or not. */
  get heldBytes(): number {
    return Math.min(this.#slabs.length * SLAB_FRAMES, this.#framesMax) * BLOCK_BYTES_MAX
  }

  /** A table of so many blocks, of which none is here yet. */
  admit(blocks: number): CachedTable {
    return { frames: new Int32Array(blocks).fill(-1) }
  }

  /** Forgets the table's blocks. */
  dismiss(table: CachedTable): void {
    for (const frame of table.frames) {
      if (frame < 0) continue
      this.#tables[frame] = undefined
      this.#used[frame] = 0
      this.#generations[frame]!++
    }
    table.frames.fill(-1)
  }

  /** Counts as a use of the frame: it stays for another round of the hand. */
  use(frame: number): void {
    this.#used[frame] = 1
  }

  /** The array that the frame lies in. What is read there is valid until the next `free`. */
  bytes(frame: number): Uint8Array {
    return this.#slabs[(frame / SLAB_FRAMES) >>> 0]!
  }

  /** Where in the array the frame's BLOCK_BYTES_MAX begin. */
  at(frame: number): number {
    return (frame % SLAB_FRAMES) * BLOCK_BYTES_MAX
  }

  generation(frame: number): number {
    return this.#generations[frame]!
  }

  /** A frame that holds nothing any more, to be filled and then given to `hold`. */
  free(): number {
    if (this.#framesMade < this.#framesMax) return this.#make()
    for (;;) {
      const frame = this.#hand
      this.#hand = frame + 1 === this.#framesMax ? 0 : frame + 1
      if (this.#used[frame] !== 0) {
        this.#used[frame] = 0
        continue
      }
      const table = this.#tables[frame]
      if (table !== undefined) table.frames[this.#blocks[frame]!] = -1
      this.#tables[frame] = undefined
      this.#generations[frame]!++
      return frame
    }
  }

  /** From now on the frame is this block. */
  hold(frame: number, table: CachedTable, block: number): void {
    assert(this.#tables[frame] === undefined && table.frames[block] === -1, 'a block has one frame')
    this.#tables[frame] = table
    this.#blocks[frame] = block
    table.frames[block] = frame
  }

  #make(): number {
    const frame = this.#framesMade++
    if (this.at(frame) === 0) {
      const frames = Math.min(SLAB_FRAMES, this.#framesMax - frame)
      this.#slabs.push(new Uint8Array(frames * BLOCK_BYTES_MAX))
    }
    this.#tables.push(undefined)
    return frame
  }
}

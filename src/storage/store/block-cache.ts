/**
 * Blocks of all tables in memory, in frames of BLOCK_BYTES_MAX that are made once and used again: nothing is left
 * to the collector.
 *
 * Which frame is given up is decided as by S3-FIFO (Yang et al., SOSP 2023): what is new is on *probation*, in a short
 * queue, and what was not used there is given up; it comes to the *kept* when it was, or when it is read again not long
 * after. So a long scan, or values read at random out of many, pass through a tenth of the cache, and what is read
 * again now and then stays: there are few blocks of heads, and each is read ten times as often as a block of values.
 */
import { assert } from '../../core/assert.ts'
import { FrameLinks, FrameQueue } from './frame-queue.ts'
import { BLOCK_BYTES_MAX } from './limits.ts'

/**
 * Frames are made so many at a time: a small store needs few. They lie in one array, since thousands of arrays of their
 * own would be as many objects to look up that the processor's cache does not hold.
 */
const SLAB_FRAMES = 128

/** Of all frames, those that may be on probation before one of them is given up. */
const PROBATION_SHARE = 0.1

/** Uses that are counted: a kept block stays for so many rounds without another one. */
const USES_MAX = 3

/** Uses that let a block on probation be kept: whoever reads it a second time at once does not count. */
const USES_KEPT_MIN = 2

const ABSENT = -1

/** Below ABSENT stands when a block was given up: so many numbers there are for that. */
const DEPARTURES = 2 ** 30

/** The blocks of one table, by number: their frame, or below 0. */
export interface CachedTable {
  readonly frames: Int32Array
}

export class BlockCache {
  readonly #framesMax: number
  readonly #probationMax: number
  readonly #slabs: Uint8Array[] = []
  readonly #uses: Uint8Array
  /** Whether a frame is kept, and not on probation. */
  readonly #isKept: Uint8Array
  /** Changes whenever a frame is given another content. */
  readonly #generations: Uint32Array
  readonly #blocks: Int32Array
  readonly #tables: (CachedTable | undefined)[] = []
  readonly #probation: FrameQueue
  readonly #kept: FrameQueue
  /** Frames of tables that are gone. */
  readonly #empty: FrameQueue
  #framesMade = 0
  /** Blocks that did not pass their probation, so far. */
  #departed = 0

  /** @param bytes at least one frame's. */
  constructor(bytes: number) {
    this.#framesMax = Math.floor(bytes / BLOCK_BYTES_MAX)
    assert(this.#framesMax > 0, 'the cache holds at least a block')
    this.#probationMax = Math.ceil(this.#framesMax * PROBATION_SHARE)
    this.#uses = new Uint8Array(this.#framesMax)
    this.#isKept = new Uint8Array(this.#framesMax)
    this.#generations = new Uint32Array(this.#framesMax)
    this.#blocks = new Int32Array(this.#framesMax)
    const links = new FrameLinks(this.#framesMax)
    this.#probation = new FrameQueue(links)
    this.#kept = new FrameQueue(links)
    this.#empty = new FrameQueue(links)
  }

  /** Memory held for blocks, used or not. */
  get heldBytes(): number {
    return Math.min(this.#slabs.length * SLAB_FRAMES, this.#framesMax) * BLOCK_BYTES_MAX
  }

  /** A table of so many blocks, of which none is here yet. */
  admit(blocks: number): CachedTable {
    return { frames: new Int32Array(blocks).fill(ABSENT) }
  }

  /** Forgets the table's blocks. */
  dismiss(table: CachedTable): void {
    for (const frame of table.frames) {
      if (frame < 0) continue
      this.#queueOf(frame).remove(frame)
      this.#clear(frame)
      this.#empty.push(frame)
    }
    table.frames.fill(ABSENT)
  }

  /** Counts as a use of the frame. */
  use(frame: number): void {
    if (this.#uses[frame]! < USES_MAX) this.#uses[frame]!++
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

  /** A frame that holds nothing any more, to be filled and then given to `hold`; if not, it is the next again. */
  free(): number {
    if (this.#empty.length === 0)
      this.#empty.push(this.#framesMade < this.#framesMax ? this.#make() : this.#giveUp())
    return this.#empty.oldest
  }

  /** From now on the frame, which `free` gave, is this block. */
  hold(frame: number, table: CachedTable, block: number): void {
    const before = table.frames[block]!
    assert(this.#tables[frame] === undefined && before < 0, 'a block has one frame')
    this.#empty.remove(frame)
    this.#isKept[frame] = this.#leftLately(before) ? 1 : 0
    this.#queueOf(frame).push(frame)
    this.#tables[frame] = table
    this.#blocks[frame] = block
    table.frames[block] = frame
  }

  /** Takes the content of a frame away, and the frame out of its queue. */
  #giveUp(): number {
    for (;;) {
      const isOnProbation = this.#probation.length > this.#probationMax || this.#kept.length === 0
      const frame = (isOnProbation ? this.#probation : this.#kept).shift()
      const uses = this.#uses[frame]!
      if (isOnProbation && uses < USES_KEPT_MIN) return this.#leave(frame, this.#departure())
      if (!isOnProbation && uses === 0) return this.#leave(frame, ABSENT)
      this.#uses[frame] = isOnProbation ? 0 : uses - 1
      this.#isKept[frame] = 1
      this.#kept.push(frame)
    }
  }

  #leave(frame: number, mark: number): number {
    const table = this.#tables[frame]
    if (table !== undefined) table.frames[this.#blocks[frame]!] = mark
    this.#clear(frame)
    return frame
  }

  #clear(frame: number): void {
    this.#tables[frame] = undefined
    this.#uses[frame] = 0
    this.#generations[frame]!++
  }

  #queueOf(frame: number): FrameQueue {
    return this.#isKept[frame] === 1 ? this.#kept : this.#probation
  }

  /** The mark of a block that leaves now. */
  #departure(): number {
    this.#departed = (this.#departed + 1) % DEPARTURES
    return ABSENT - 1 - this.#departed
  }

  /** Whether it left so lately that no more others left since than there are frames. */
  #leftLately(mark: number): boolean {
    if (mark === ABSENT) return false
    const since = this.#departed - (ABSENT - 1 - mark)
    return (since < 0 ? since + DEPARTURES : since) < this.#framesMax
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

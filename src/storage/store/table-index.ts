/** Where the blocks of a table are, what they weigh, and which of them a key belongs to: all of it in memory. */
import { type ByteReader, ByteWriter, compareBytes } from '../../core/bytes.ts'
import { decoded, TABLE_HEADER_BYTES } from './table-format.ts'

/** Of what follows the separators' shared beginning, so much is compared as one number: exact in a double. */
const HINT_BYTES = 6

/** Two lengths and a weight, at least. */
const ENTRY_BYTES_MIN = 4 + 4 + 1

/** Gathers the entries of the index while the blocks are written. */
export class TableIndexBuilder {
  readonly #to = new ByteWriter()
  #blocks = 0

  get blocks(): number {
    return this.#blocks
  }

  /** The separator's first `separatorLength` bytes count; of the first block, none. */
  add(blockBytes: number, weight: number, separator: Uint8Array): void {
    this.#to.u32(blockBytes)
    this.#to.u32(weight >>> 0)
    this.#to.sizedBytes(separator)
    this.#blocks++
  }

  finish(): Uint8Array {
    return this.#to.finish()
  }
}

export class TableIndex {
  readonly blocks: number
  /** Where each block begins, and where the last one ends. */
  readonly #offsets: Float64Array
  /** The weight before each block, and of all. */
  readonly #weights: Float64Array
  /** The separators one behind the other, and where each begins. */
  readonly #separators: Uint8Array
  readonly #ats: Float64Array
  /** What all separators but the empty first one share. */
  readonly #shared: number
  readonly #hints: Float64Array

  /** Undefined for bytes that are not the index of so many blocks lying back to back up to `endBytes`. */
  static decode(bytes: Uint8Array, blocks: number, endBytes: number): TableIndex | undefined {
    if (blocks < 1 || blocks > bytes.length / ENTRY_BYTES_MIN) return undefined
    return decoded(bytes, from => {
      const index = new TableIndex(from, blocks, bytes.length)
      return index.#offsets[blocks] === endBytes && index.#isAscending() ? index : undefined
    })
  }

  private constructor(from: ByteReader, blocks: number, indexBytes: number) {
    this.blocks = blocks
    this.#offsets = new Float64Array(blocks + 1)
    this.#weights = new Float64Array(blocks + 1)
    this.#ats = new Float64Array(blocks + 1)
    const separators = new Uint8Array(indexBytes)
    this.#offsets[0] = TABLE_HEADER_BYTES
    for (let block = 0; block < blocks; block++) {
      this.#offsets[block + 1] = this.#offsets[block]! + from.u32()
      this.#weights[block + 1] = this.#weights[block]! + (from.u32() | 0)
      const separator = from.sizedBytes()
      separators.set(separator, this.#ats[block])
      this.#ats[block + 1] = this.#ats[block]! + separator.length
    }
    this.#separators = separators.slice(0, this.#ats[blocks])
    this.#shared = blocks < 2 ? 0 : sharedLength(this.separator(1), this.separator(blocks - 1))
    this.#hints = new Float64Array(blocks)
    for (let block = 1; block < blocks; block++) {
      this.#hints[block] = hintOf(this.separator(block), this.#shared)
    }
  }

  /** The total weight. */
  get weight(): number {
    return this.#weights[this.blocks]!
  }

  /** Where a block begins; for the number of blocks, where the last one ends. */
  offset(block: number): number {
    return this.#offsets[block]!
  }

  length(block: number): number {
    return this.#offsets[block + 1]! - this.#offsets[block]!
  }

  /** The weight of all blocks before this one. */
  weightBefore(block: number): number {
    return this.#weights[block]!
  }

  /** Not above the block's first key, and above the last key of the block before. */
  separator(block: number): Uint8Array {
    return this.#separators.subarray(this.#ats[block], this.#ats[block + 1])
  }

  /** The block that holds the key if any does: all before are below it, all behind above. */
  locate(key: Uint8Array): number {
    if (this.blocks === 1) return 0
    const first = this.#ats[1]!
    const shared = this.#shared
    for (let i = 0; i < shared; i++) {
      if (i === key.length) return 0
      const difference = key[i]! - this.#separators[first + i]!
      if (difference !== 0) return difference < 0 ? 0 : this.blocks - 1
    }
    const hint = hintOf(key, shared)
    const hints = this.#hints
    let low = 1
    let high = this.blocks
    while (low < high) {
      const middle = (low + high) >>> 1
      let difference = hints[middle]! - hint
      if (difference === 0) difference = this.#compareRest(middle, key)
      if (difference <= 0) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** How a separator compares to a key of the same hint. */
  #compareRest(block: number, key: Uint8Array): number {
    const at = this.#ats[block]!
    const length = this.#ats[block + 1]! - at
    const common = length < key.length ? length : key.length
    for (let i = this.#shared + HINT_BYTES; i < common; i++) {
      const difference = this.#separators[at + i]! - key[i]!
      if (difference !== 0) return difference
    }
    // Hints are filled up with zeros: of two that are equal, the shorter key is a beginning of the other.
    return length - key.length
  }

  #isAscending(): boolean {
    if (this.#ats[1] !== 0) return false
    for (let block = 1; block < this.blocks; block++) {
      if (this.length(block) === 0) return false
      if (compareBytes(this.separator(block - 1), this.separator(block)) >= 0) return false
    }
    return this.length(0) > 0
  }
}

/** The six bytes from `at` on as a number, zeros where the key has ended. */
function hintOf(key: Uint8Array, at: number): number {
  if (key.length >= at + HINT_BYTES) {
    return (
      ((key[at]! << 16) | (key[at + 1]! << 8) | key[at + 2]!) * 0x1000000 +
      ((key[at + 3]! << 16) | (key[at + 4]! << 8) | key[at + 5]!)
    )
  }
  let hint = 0
  for (let i = 0; i < HINT_BYTES; i++) hint = hint * 256 + (at + i < key.length ? key[at + i]! : 0)
  return hint
}

function sharedLength(a: Uint8Array, b: Uint8Array): number {
  const end = Math.min(a.length, b.length)
  let length = 0
  while (length < end && a[length] === b[length]) length++
  return length
}

/** Where the blocks of a table are, what they weigh, and which of them a key belongs to: all of it in memory. */
import { type ByteReader, ByteWriter, EMPTY } from '../../core/bytes.ts'
import { PackedKeys } from './packed-keys.ts'
import { decoded, TABLE_HEADER_BYTES } from './table-format.ts'

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
  /** Of all blocks but the first, whose separator is empty. */
  readonly #separators: PackedKeys

  /** Undefined for bytes that are not the index of so many blocks lying back to back up to `endBytes`. */
  static decode(bytes: Uint8Array, blocks: number, endBytes: number): TableIndex | undefined {
    if (blocks < 1 || blocks > bytes.length / ENTRY_BYTES_MIN) return undefined
    return decoded(bytes, from => {
      const index = new TableIndex(from, blocks)
      return index.#offsets[blocks] === endBytes && index.#separators.isAscending ? index : undefined
    })
  }

  private constructor(from: ByteReader, blocks: number) {
    this.blocks = blocks
    this.#offsets = new Float64Array(blocks + 1)
    this.#weights = new Float64Array(blocks + 1)
    const separators: Uint8Array[] = []
    this.#offsets[0] = TABLE_HEADER_BYTES
    for (let block = 0; block < blocks; block++) {
      const length = from.u32()
      if (length === 0) throw from.error('an empty block')
      this.#offsets[block + 1] = this.#offsets[block]! + length
      this.#weights[block + 1] = this.#weights[block]! + (from.u32() | 0)
      const separator = from.sizedBytes()
      if ((block === 0) !== (separator.length === 0)) throw from.error('a block without its separator')
      if (block > 0) separators.push(separator)
    }
    this.#separators = new PackedKeys(separators)
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
    return block === 0 ? EMPTY : this.#separators.key(block - 1)
  }

  /** The block that holds the key if any does: all before are below it, all behind above. */
  locate(key: Uint8Array): number {
    return this.#separators.countUpTo(key)
  }
}

/** An open table's file: its sections, checked, and its blocks, each checked when it is read. */

import { assert } from '../../core/assert.ts'
import { compareBytes } from '../../core/bytes.ts'
import { DiskError, type DiskFile } from '../../runtime/disk.ts'
import type { StoreDamage } from '../../runtime/store.ts'
import type { BlockCache, CachedTable } from './block-cache.ts'
import { checkBlock } from './block-check.ts'
import { blockSeed } from './block-format.ts'
import { filterBytes } from './filter.ts'
import { BLOCK_BYTES_MAX } from './limits.ts'
import {
  readTableHeader,
  readTableMeta,
  readTableTail,
  TABLE_HEADER_BYTES,
  TABLE_TAIL_BYTES,
  tableMeta,
} from './table-format.ts'
import { TableIndex } from './table-index.ts'
import type { TableMeta } from './table-meta.ts'
import type { TablePlace } from './table-place.ts'

/** What stands around the blocks. */
export interface TableParts {
  readonly meta: TableMeta
  readonly index: TableIndex
  readonly filter: Uint8Array
  readonly seed: number
}

/** What is wrong at a place of the file. */
interface Fault {
  readonly at: number
  readonly what: string
}

/** Reads everything but the blocks. Throws `DiskError`. */
export function readTableParts(place: TablePlace, file: DiskFile, id: number): TableParts | StoreDamage {
  const parts = readParts(place, file, id)
  return 'what' in parts ? { file: file.path, offsetBytes: parts.at, what: parts.what } : parts
}

function readParts({ checksum }: TablePlace, file: DiskFile, id: number): TableParts | Fault {
  const fileBytes = file.size()
  const seed = readTableHeader(readBytes(file, 0, Math.min(fileBytes, TABLE_HEADER_BYTES)), id, checksum)
  if (typeof seed === 'string') return { at: 0, what: seed }
  const tailAt = fileBytes - TABLE_TAIL_BYTES
  if (tailAt <= TABLE_HEADER_BYTES) return { at: TABLE_HEADER_BYTES, what: 'the file ends too early' }
  const sections = readTableTail(readBytes(file, tailAt, TABLE_TAIL_BYTES), tailAt, seed, checksum)
  if (sections === undefined) {
    return { at: tailAt, what: 'the end is damaged, or the file has not the length it was written with' }
  }
  const { indexAt, filterAt, metaAt } = sections
  const section = (at: number, end: number, sum: number): Uint8Array | undefined => {
    const bytes = readBytes(file, at, end - at)
    return checksum(bytes, blockSeed(seed, at)) === sum ? bytes : undefined
  }
  const metaBytes = section(metaAt, tailAt, sections.metaSum)
  const stored = metaBytes && readTableMeta(metaBytes)
  if (stored === undefined) return { at: metaAt, what: 'the totals are damaged' }
  const meta = tableMeta(stored, id, fileBytes)
  const indexBytes = section(indexAt, filterAt, sections.indexSum)
  const index = indexBytes && TableIndex.decode(indexBytes, meta.blocks, indexAt)
  if (index === undefined) return { at: indexAt, what: 'the index is damaged' }
  if (index.weight !== meta.weight || compareBytes(meta.firstKey, meta.lastKey) > 0) {
    return { at: metaAt, what: 'the totals contradict the index' }
  }
  const filter = section(filterAt, metaAt, sections.filterSum)
  if (filter?.length !== filterBytes(meta.records)) return { at: filterAt, what: 'the filter is damaged' }
  return { meta, index, filter, seed }
}

function readBytes(file: DiskFile, at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  const count = file.read(at, bytes)
  // Shorter than its size said: what is missing cannot check out.
  return count === length ? bytes : bytes.fill(0xff, count)
}

export class TableFile {
  readonly parts: TableParts
  readonly file: DiskFile
  readonly cache: BlockCache
  readonly place: TablePlace
  /** Where the block that `block` handed out last begins in its array. */
  blockAt = 0
  readonly #index: TableIndex
  readonly #cached: CachedTable
  readonly #frames: Int32Array
  #closed = false

  constructor(place: TablePlace, cache: BlockCache, file: DiskFile, parts: TableParts) {
    this.place = place
    this.cache = cache
    this.file = file
    this.parts = parts
    this.#index = parts.index
    this.#cached = cache.admit(parts.index.blocks)
    this.#frames = this.#cached.frames
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /**
   * The array that holds the checked block, from `blockAt` on. Valid until the next `block` of any table; a lone
   * block has an array of its own, which nobody changes.
   */
  block(block: number): Uint8Array {
    const frame = this.#frames[block]!
    if (frame < 0) return this.#load(block)
    const { cache } = this
    cache.use(frame)
    this.blockAt = cache.at(frame)
    return cache.bytes(frame)
  }

  /** Whether the block fits no frame, and so is read anew each time. */
  isLone(block: number): boolean {
    return this.#index.length(block) > BLOCK_BYTES_MAX
  }

  /** The frame that the block is in, after `block`; of a lone one, -1. */
  frameOf(block: number): number {
    return this.#frames[block]!
  }

  /** Reads the blocks from `first` up to `end` to `intoAt`, unchecked. */
  readBlocks(first: number, end: number, into: Uint8Array, intoAt: number): void {
    assert(!this.#closed, 'a closed table is not read')
    const at = this.#index.offset(first)
    const length = this.#index.offset(end) - at
    const to = length === into.length ? into : into.subarray(intoAt, intoAt + length)
    let count: number
    try {
      count = this.file.read(at, to)
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      return this.damaged(first, `it cannot be read: ${error.message}`)
    }
    if (count < length) to.fill(0xff, count)
  }

  /** Reads the block to `at`, and checks it. */
  fill(block: number, bytes: Uint8Array, at: number): void {
    this.readBlocks(block, block + 1, bytes, at)
    const fault = this.faultOf(block, bytes, at)
    if (fault !== undefined) this.damaged(block, fault)
  }

  /** What is wrong with a block that was read to `at`, if anything. */
  faultOf(block: number, bytes: Uint8Array, at: number): string | undefined {
    const seed = blockSeed(this.parts.seed, this.#index.offset(block))
    return checkBlock(bytes, at, this.#index.length(block), seed, this.place.checksum)
  }

  /** Stops whoever reads: this block is not what was written. */
  damaged(block: number, what: string): never {
    return this.place.damaged(this.damageOf(block, what))
  }

  damageOf(block: number, what: string): StoreDamage {
    return { file: this.file.path, offsetBytes: this.#index.offset(block), what }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.cache.dismiss(this.#cached)
    this.file.close()
  }

  #load(block: number): Uint8Array {
    if (this.isLone(block)) {
      const bytes = new Uint8Array(this.#index.length(block))
      this.fill(block, bytes, 0)
      this.blockAt = 0
      return bytes
    }
    const { cache } = this
    const frame = cache.free()
    const bytes = cache.bytes(frame)
    const at = cache.at(frame)
    this.fill(block, bytes, at)
    cache.hold(frame, this.#cached, block)
    this.blockAt = at
    return bytes
  }
}

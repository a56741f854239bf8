/** A snapshot file as it is made from a pin of the store: a block at a time, in slices if its maker wishes. */
import { ByteWriter } from '../../core/bytes.ts'
import type { Checksum } from '../../core/crc32c.ts'
import type { Sha256 } from '../../core/sha256.ts'
import type { StoreCursor } from '../../runtime/store.ts'
import { BlockKind, SNAPSHOT_UNIT_BYTES, writeBlock } from './block.ts'
import { SNAPSHOT_BLOCK_BYTES, SNAPSHOT_ROW_BYTES } from './limits.ts'
import { encodeSnapshotHead, type SnapshotHead } from './snapshot-head.ts'

export interface SnapshotSource {
  readonly head: SnapshotHead
  /** In ascending order of keys. */
  readonly cursor: StoreCursor
  /** Whether a pair belongs into the snapshot. */
  readonly isLive: (key: Uint8Array, value: Uint8Array) => boolean
  readonly checksum: Checksum
  readonly sha256: Sha256
}

export class SnapshotBlocks {
  readonly #source: SnapshotSource
  readonly #writer = new ByteWriter(2 * SNAPSHOT_BLOCK_BYTES)
  #next: 'head' | 'pairs' | 'padding' | 'hash' | 'nothing' = 'head'
  #pairs = 0
  #bytes = 0

  constructor(source: SnapshotSource) {
    this.#source = source
  }

  /** Whether everything was handed out. */
  get isOver(): boolean {
    return this.#next === 'nothing'
  }

  /** The next part of the file, to be kept or sent; undefined behind the last. */
  next(): Uint8Array | undefined {
    switch (this.#next) {
      case 'head':
        this.#next = 'pairs'
        return this.#block(BlockKind.head, encodeSnapshotHead(this.#source.head))
      case 'pairs':
        return this.#pairsOrEnd()
      case 'padding':
        this.#next = 'hash'
        return this.#part(new Uint8Array(-this.#bytes & (SNAPSHOT_UNIT_BYTES - 1)))
      case 'hash':
        this.#next = 'nothing'
        return this.#source.sha256.digest()
      case 'nothing':
        return undefined
    }
  }

  #pairsOrEnd(): Uint8Array {
    const { cursor, isLive } = this.#source
    const to = this.#writer
    let bytes = 0
    while (bytes < SNAPSHOT_BLOCK_BYTES) {
      if (!cursor.next()) {
        this.#next = 'padding'
        break
      }
      const { key, valueUntilNext: value } = cursor
      bytes += SNAPSHOT_ROW_BYTES
      if (!isLive(key, value)) continue
      bytes += key.length + value.length
      to.sizedBytes(key)
      to.sizedBytes(value)
      this.#pairs++
    }
    const block = to.length === 0 ? undefined : this.#block(BlockKind.pairs, to.finish())
    if (this.#next === 'pairs') return block ?? new Uint8Array(0)
    const end = this.#end()
    return block === undefined ? end : joined(block, end)
  }

  #end(): Uint8Array {
    const to = new ByteWriter(16)
    to.u64(this.#pairs)
    return this.#block(BlockKind.end, to.finish())
  }

  #block(kind: BlockKind, content: Uint8Array): Uint8Array {
    return this.#part(writeBlock(kind, content, this.#source.checksum))
  }

  #part(bytes: Uint8Array): Uint8Array {
    this.#bytes += bytes.length
    this.#source.sha256.update(bytes)
    return bytes
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}

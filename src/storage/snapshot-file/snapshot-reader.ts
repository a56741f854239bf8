/** Reads a snapshot file from its beginning to its end, and believes nothing of it that a checksum does not confirm. */
import { ByteReader, DecodeError, equalBytes } from '../../core/bytes.ts'
import type { Checksum } from '../../core/crc32c.ts'
import type { Sha256 } from '../../core/sha256.ts'
import type { DiskFile } from '../../runtime/disk.ts'
import {
  BLOCK_HEADER_BYTES,
  BlockKind,
  readBlockHeader,
  SNAPSHOT_HASH_BYTES,
  SNAPSHOT_UNIT_BYTES,
} from './block.ts'
import { snapshotDamaged, snapshotUnknown } from './errors.ts'
import { readSnapshotHead, type SnapshotHead } from './snapshot-head.ts'

export type PairConsumer = (key: Uint8Array, value: Uint8Array) => void

export class SnapshotReader {
  readonly head: SnapshotHead
  readonly sizeBytes: number
  readonly #file: DiskFile
  readonly #checksum: Checksum
  readonly #sha256: Sha256
  #at = 0
  #pairs = 0
  #isOver = false

  /** Throws `QUORATE_SNAPSHOT_FORMAT` and `..._DAMAGED`. */
  constructor(file: DiskFile, checksum: Checksum, sha256: Sha256) {
    this.#file = file
    this.#checksum = checksum
    this.#sha256 = sha256
    this.sizeBytes = file.size()
    const { kind, content } = this.#firstBlock()
    if (kind !== BlockKind.head) throw snapshotUnknown(file.path, 'this is no snapshot of Quorate')
    try {
      this.head = readSnapshotHead(new ByteReader(content))
    } catch (error) {
      throw error instanceof DecodeError ? snapshotUnknown(file.path, error.message) : error
    }
  }

  /** Pairs that were read so far. */
  get pairs(): number {
    return this.#pairs
  }

  /** Bytes that were read so far. */
  get bytesDone(): number {
    return this.#at
  }

  /**
   * Hands over the pairs of one block; false behind the last, and then the whole file was what its hash says. Throws
   * `QUORATE_SNAPSHOT_DAMAGED`; what was handed over before is to be forgotten then.
   */
  next(pair: PairConsumer): boolean {
    if (this.#isOver) return false
    const { kind, content } = this.#block()
    const from = new ByteReader(content)
    try {
      if (kind === BlockKind.pairs) {
        for (; from.remaining > 0; this.#pairs++) pair(from.sizedBytes(), from.sizedBytes())
        return true
      }
      if (kind !== BlockKind.end) throw new DecodeError(`a block of kind ${kind}`)
      if (from.u64() !== this.#pairs) throw new DecodeError('pairs are missing')
    } catch (error) {
      throw error instanceof DecodeError ? this.#damaged(error.message) : error
    }
    this.#finish()
    return false
  }

  #firstBlock(): { kind: number; content: Uint8Array } {
    const header = readBlockHeader(this.#peek(BLOCK_HEADER_BYTES))
    if (header === undefined || header.kind !== BlockKind.head || header.bytes > this.sizeBytes) {
      throw snapshotUnknown(this.#file.path, 'this is no snapshot of Quorate')
    }
    return this.#block()
  }

  #block(): { kind: number; content: Uint8Array } {
    const header = readBlockHeader(this.#take(BLOCK_HEADER_BYTES))
    if (header === undefined) throw this.#damaged('a block without an end')
    const content = this.#take(header.bytes)
    if (this.#checksum(content) !== header.checksum) throw this.#damaged('a checksum does not match')
    return { kind: header.kind, content }
  }

  /** Zeros up to a whole unit, then the hash, then nothing. */
  #finish(): void {
    const padding = this.#take(-this.#at & (SNAPSHOT_UNIT_BYTES - 1))
    if (padding.some(byte => byte !== 0)) throw this.#damaged('the padding is not zero')
    const digest = this.#sha256.digest()
    if (!equalBytes(this.#peek(SNAPSHOT_HASH_BYTES), digest)) throw this.#damaged('its hash does not match')
    this.#at += SNAPSHOT_HASH_BYTES
    if (this.#at !== this.sizeBytes) throw this.#damaged('something follows its hash')
    this.#isOver = true
  }

  #take(count: number): Uint8Array {
    const bytes = this.#peek(count)
    if (bytes.length < count) throw this.#damaged('it ends too early')
    this.#at += count
    this.#sha256.update(bytes)
    return bytes
  }

  #peek(count: number): Uint8Array {
    const room = Math.max(0, Math.min(count, this.sizeBytes - this.#at))
    const into = new Uint8Array(room)
    return into.subarray(0, this.#file.read(this.#at, into))
  }

  #damaged(what: string): Error {
    return snapshotDamaged(this.#file.path, `${what} (at byte ${this.#at})`)
  }
}

/** Checks all that a table's file holds against its checksums, against itself, and against what is in memory. */
import { compareBytes, EMPTY } from '../../core/bytes.ts'
import { DiskError } from '../../runtime/disk.ts'
import type { StoreDamage } from '../../runtime/store.ts'
import { BlockCursor } from './block-cursor.ts'
import { recordCount } from './block-format.ts'
import { mayHold } from './filter.ts'
import { keyHash } from './key-hash.ts'
import { BLOCK_BYTES_MAX, DAMAGES_REPORTED_MAX } from './limits.ts'
import { INSERT, TOMBSTONE, weightOf } from './record.ts'
import { recordSum } from './record-checksum.ts'
import { readTableParts, type TableFile } from './table-file.ts'
import { tableMeta } from './table-format.ts'

/** A verification of one table, in slices. Ends early when the table is closed, or beyond DAMAGES_REPORTED_MAX. */
export class TableVerification {
  readonly #file: TableFile
  readonly #report: (damage: StoreDamage) => void
  #buffer = new Uint8Array(BLOCK_BYTES_MAX)
  #block = 0
  #reported = 0
  #ended = false
  #lastKey: Uint8Array | undefined
  #firstKey = EMPTY
  #records = 0
  #tombstones = 0
  #superseding = 0
  #putBytes = 0

  constructor(file: TableFile, report: (damage: StoreDamage) => void) {
    this.#file = file
    this.#report = report
  }

  /** Reads about so many bytes more, at least one block; false if that was all. */
  nextSlice(bytes: number): boolean {
    const { index } = this.#file.parts
    let left = bytes
    while (!this.#ended && left > 0) {
      if (this.#file.isClosed || this.#reported >= DAMAGES_REPORTED_MAX) this.#ended = true
      else if (this.#block === index.blocks) this.#end()
      else {
        left -= index.length(this.#block)
        this.#verifyBlock(this.#block++)
      }
    }
    return !this.#ended
  }

  #verifyBlock(block: number): void {
    const fault = this.#faultOf(block)
    if (fault !== undefined) this.#damage(this.#file.damageOf(block, fault))
  }

  #faultOf(block: number): string | undefined {
    const { index } = this.#file.parts
    const length = index.length(block)
    if (length > this.#buffer.length) this.#buffer = new Uint8Array(length)
    const bytes = this.#buffer
    try {
      const count = this.#file.file.read(index.offset(block), bytes.subarray(0, length))
      if (count < length) return 'the file ends within a block'
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      return `it cannot be read: ${error.message}`
    }
    return this.#file.faultOf(block, bytes, 0) ?? this.#contentFault(block, bytes)
  }

  #contentFault(block: number, bytes: Uint8Array): string | undefined {
    const { index, filter } = this.#file.parts
    const cursor = new BlockCursor('forward', false)
    cursor.enter(bytes, 0, 0, recordCount(bytes, 0) || 1)
    let weight = 0
    let isFirst = true
    while (cursor.step(bytes, 0)) {
      const key = cursor.keyBytes.slice(0, cursor.keyLength)
      if (isFirst && compareBytes(index.separator(block), key) > 0) return 'a block is above its first key'
      if (this.#lastKey !== undefined && compareBytes(this.#lastKey, key) >= 0) {
        return 'the keys are not in order'
      }
      isFirst = false
      const hash = keyHash(key, key.length)
      const { kind, valueAt, valueLength } = cursor
      if (kind !== TOMBSTONE) {
        if (recordSum(hash, cursor.valueBytes, valueAt, valueLength) !== cursor.storedSum) {
          return 'the checksum of a record is wrong'
        }
        this.#putBytes += key.length + valueLength
      } else this.#tombstones++
      if (kind !== INSERT) this.#superseding++
      if (!mayHold(filter, hash)) return 'the filter does not know a key'
      if (this.#records === 0) this.#firstKey = key
      this.#records++
      weight += weightOf(kind)
      this.#lastKey = key
    }
    if (weight !== index.weightBefore(block + 1) - index.weightBefore(block)) {
      return 'the index does not have the weight of a block'
    }
    if (block + 1 < index.blocks && compareBytes(this.#lastKey!, index.separator(block + 1)) >= 0) {
      return 'a block reaches into the next one'
    }
    return undefined
  }

  /** What stands around the blocks was read long ago: it is read again. */
  #end(): void {
    this.#ended = true
    const { file, place, parts } = this.#file
    try {
      const again = readTableParts(place, file, parts.meta.id)
      if ('what' in again) return this.#damage(again)
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      return this.#damage({ file: file.path, offsetBytes: 0, what: `it cannot be read: ${error.message}` })
    }
    if (this.#reported === 0 && !this.#agrees()) {
      this.#damage({ file: file.path, offsetBytes: 0, what: 'the totals are not those of the blocks' })
    }
  }

  #agrees(): boolean {
    const { meta } = this.#file.parts
    const counted = tableMeta(
      {
        blocks: meta.blocks,
        records: this.#records,
        tombstones: this.#tombstones,
        superseding: this.#superseding,
        putBytes: this.#putBytes,
        firstKey: this.#firstKey,
        lastKey: this.#lastKey ?? EMPTY,
      },
      meta.id,
      meta.fileBytes,
    )
    return (
      counted.records === meta.records &&
      counted.weight === meta.weight &&
      counted.tombstones === meta.tombstones &&
      counted.superseding === meta.superseding &&
      counted.putBytes === meta.putBytes &&
      compareBytes(counted.firstKey, meta.firstKey) === 0 &&
      compareBytes(counted.lastKey, meta.lastKey) === 0
    )
  }

  #damage(damage: StoreDamage): void {
    this.#reported++
    this.#report(damage)
  }
}

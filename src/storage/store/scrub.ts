/**
 * Reads all that a running store holds on disk, a slice at a time and round after round, and compares it with its
 * checksums: damage in what nobody reads is found while the other members still have it. The tables that are there
 * when a round begins, and stay, are checked in that round, in the order of their ids; those that are made meanwhile
 * in the next, so that a store that merges all the time cannot keep the scrub from its old tables. A table that is
 * gone needs no checking.
 *
 * What the operating system has cached is not read from the disk: damage below that is found once it has left.
 */
import { assert } from '../../core/assert.ts'
import type { StoreDamage } from '../../runtime/store.ts'
import { BLOCK_BYTES_MAX } from './limits.ts'
import type { Table } from './table.ts'
import type { TableVerification } from './table-verification.ts'

/** A slice is of at least this: a block beside the one at which it ends. */
export const SCRUB_SLICE_BYTES_MIN = 2 * BLOCK_BYTES_MAX

/** What is scrubbed: the tables of the version that is read now. */
export interface ScrubbedContent {
  tables(): Iterable<Table>
}

export class Scrub {
  readonly #content: () => ScrubbedContent
  readonly #damaged: (damage: StoreDamage) => never
  #verification: TableVerification | undefined
  /** Of the table that is checked, or was last in this round. */
  #id = 0
  /** The newest table of this round. */
  #idMax = 0
  /** Of the table that is checked. */
  #fileBytes = 0
  /** By how much the slices so far were larger than what was read; below 0, they have to catch up. */
  #allowanceBytes = 0
  #rounds = 0

  /** @param damaged stops whoever uses the store; never returns. */
  constructor(content: () => ScrubbedContent, damaged: (damage: StoreDamage) => never) {
    this.#content = content
    this.#damaged = damaged
  }

  /** How many times everything was checked. */
  get rounds(): number {
    return this.#rounds
  }

  /**
   * Reads at most so many bytes, and of one table only. More, at once, are a record that does not fit into a block, and
   * at the end of a table its index and its filter. After such a table nothing is read until the slices have caught
   * up: so many bytes a slice are never exceeded for long.
   */
  slice(bytesMax: number): void {
    assert(bytesMax >= SCRUB_SLICE_BYTES_MIN, 'a slice of a scrub holds a block')
    if (this.#allowanceBytes < 0) {
      this.#allowanceBytes = Math.min(0, this.#allowanceBytes + bytesMax)
      return
    }
    this.#verification ??= this.#next()
    if (this.#verification === undefined) return
    this.#allowanceBytes += bytesMax
    // A slice ends with the block that comes to its size: one less than a block before, it stays below.
    if (this.#verification.nextSlice(bytesMax - BLOCK_BYTES_MAX)) return
    this.#verification = undefined
    // A table that was removed was not read to its end.
    const isWhole = this.#oldestAbove(this.#id - 1, this.#id) !== undefined
    this.#allowanceBytes = isWhole ? Math.min(0, this.#allowanceBytes - this.#fileBytes) : 0
  }

  /** The next table of the round, or the first of the next round; undefined if there is none at all. */
  #next(): TableVerification | undefined {
    const table = this.#oldestAbove(this.#id, this.#idMax) ?? this.#beginRound()
    if (table === undefined) return undefined
    this.#id = table.meta.id
    this.#fileBytes = table.meta.fileBytes
    return table.verification(this.#damaged)
  }

  #beginRound(): Table | undefined {
    if (this.#idMax > 0) this.#rounds++
    this.#idMax = 0
    for (const { meta } of this.#content().tables()) this.#idMax = Math.max(this.#idMax, meta.id)
    return this.#oldestAbove(0, this.#idMax)
  }

  #oldestAbove(id: number, idMax: number): Table | undefined {
    let oldest: Table | undefined
    for (const table of this.#content().tables()) {
      const found = table.meta.id
      if (found > id && found <= idMax && (oldest === undefined || found < oldest.meta.id)) oldest = table
    }
    return oldest
  }
}

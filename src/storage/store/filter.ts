/**
 * A blocked Bloom filter (Putze, Sanders, Singler 2007) over the hashes of a table's keys: all bits of a key lie in
 * one line of 64 bytes, so a question costs one miss of the processor's cache. Tells "surely not" from "perhaps".
 * Its bits are part of the format.
 */
import { assert } from '../../core/assert.ts'
import { FILTER_BITS_PER_RECORD } from './limits.ts'

/** What a filter's size is a multiple of. */
export const FILTER_LINE_BYTES = 64

const LINE_BITS = 8 * FILTER_LINE_BYTES
/** About ln 2 times the bits per record. */
const PROBES = 7

/**
 * Hashes are gathered in pieces, so that no large array is ever copied to a larger one: the first is small, as most
 * tables of a small store are, and each is twice the one before, up to the second figure.
 */
const FIRST_PIECE_HASHES = 1 << 7
const PIECE_HASHES_MAX = 1 << 15

/** Bytes of the filter of so many records. */
export function filterBytes(records: number): number {
  return Math.max(1, Math.ceil((records * FILTER_BITS_PER_RECORD) / LINE_BITS)) * FILTER_LINE_BYTES
}

/** False: no key of this hash is there. */
export function mayHold(filter: Uint8Array, hash: number): boolean {
  const line = lineOf(filter, hash)
  let bits = mixed(hash)
  for (let probe = 0; probe < PROBES; probe++) {
    const bit = bits >>> 23
    if ((filter[line + (bit >>> 3)]! & (1 << (bit & 7))) === 0) return false
    bits = Math.imul(bits, 0x9e3779b9)
  }
  return true
}

function set(filter: Uint8Array, hash: number): void {
  const line = lineOf(filter, hash)
  let bits = mixed(hash)
  for (let probe = 0; probe < PROBES; probe++) {
    const bit = bits >>> 23
    filter[line + (bit >>> 3)]! |= 1 << (bit & 7)
    bits = Math.imul(bits, 0x9e3779b9)
  }
}

function lineOf(filter: Uint8Array, hash: number): number {
  return Math.floor(((hash >>> 0) * (filter.length / FILTER_LINE_BYTES)) / 2 ** 32) * FILTER_LINE_BYTES
}

/** The line is chosen by the hash's upper bits; what chooses the bits must not be. */
function mixed(hash: number): number {
  const turned = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return Math.imul(turned ^ (turned >>> 12), 0x297a2d39)
}

/** Gathers hashes and makes their filter, in slices: its size is known only when all are there. */
export class FilterBuilder {
  readonly #pieces: Int32Array[] = []
  #piece = new Int32Array(0)
  #at = 0
  #records = 0
  #filter: Uint8Array | undefined
  #piecesDone = 0

  add(hash: number): void {
    if (this.#at === this.#piece.length) {
      this.#piece = new Int32Array(Math.min(2 * this.#piece.length, PIECE_HASHES_MAX) || FIRST_PIECE_HASHES)
      this.#pieces.push(this.#piece)
      this.#at = 0
    }
    this.#piece[this.#at++] = hash
    this.#records++
  }

  /** A piece of the work, about a millisecond's; the filter when it is complete. Nothing is added any more. */
  slice(): Uint8Array | undefined {
    this.#filter ??= new Uint8Array(filterBytes(this.#records))
    const piece = this.#pieces[this.#piecesDone]
    if (piece !== undefined) {
      this.#piecesDone++
      const end = piece === this.#piece ? this.#at : piece.length
      for (let i = 0; i < end; i++) set(this.#filter, piece[i]!)
    }
    assert(this.#records > 0, 'a table has a record')
    return this.#piecesDone === this.#pieces.length ? this.#filter : undefined
  }
}

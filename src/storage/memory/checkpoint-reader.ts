/** Reads a checkpoint block by block and gives out nothing that does not check out. */
import { ByteReader, DecodeError } from '../../core/bytes.ts'
import type { Checksum } from '../../core/crc32c.ts'
import type { Disk, DiskFile } from '../../runtime/disk.ts'
import type { StoreDamage } from '../../runtime/store.ts'
import { DAMAGES_REPORTED_MAX } from '../memtable/limits.ts'
import {
  BLOCK_HEADER_BYTES,
  blockChecksum,
  type CheckpointTotals,
  FOOTER_BYTES,
  HEADER_BYTES,
  readHeader,
} from './checkpoint-format.ts'

/** What stands at a place of the file. */
export type CheckpointPart =
  | { readonly kind: 'block'; readonly at: number; readonly payload: Uint8Array }
  | { readonly kind: 'end'; readonly at: number; readonly totals: CheckpointTotals }
  | { readonly kind: 'damage'; readonly damage: StoreDamage }
  | { readonly kind: 'newerFormat'; readonly version: number }

export class CheckpointReader {
  readonly path: string
  readonly #file: DiskFile
  readonly #checksum: Checksum
  readonly #fileBytes: number
  #at = 0
  #seed = 0
  #number = 0
  #blocks = 0

  /** Throws `DiskError`. */
  constructor(disk: Disk, path: string, checksum: Checksum) {
    this.path = path
    this.#checksum = checksum
    this.#file = disk.open(path, 'read')
    this.#fileBytes = this.#file.size()
  }

  /** The checkpoint's; known after the first `next`. */
  get number(): number {
    return this.#number
  }

  close(): void {
    this.#file.close()
  }

  /**
   * The next part. After the end or a newer format there is none; after a damage it looks for a block where
   * the damaged one should end. Throws `DiskError`.
   */
  next(): CheckpointPart {
    if (this.#at === 0) {
      const fault = this.#readHeader()
      if (fault !== undefined) return fault
    }
    const at = this.#at
    const left = this.#fileBytes - at
    if (left < BLOCK_HEADER_BYTES) return this.#damage(at, 'the file ends before the footer')
    const length = new ByteReader(this.#read(at + 4, 4)).u32()
    if (length === 0) return this.#readFooter(at)
    if (length > left - BLOCK_HEADER_BYTES)
      return this.#damage(at, 'a block reaches beyond the end of the file')
    this.#at = at + BLOCK_HEADER_BYTES + length
    const block = this.#checked(at, BLOCK_HEADER_BYTES + length)
    if (block === undefined) return this.#damage(at, 'the checksum of a block is wrong')
    return { kind: 'block', at, payload: block.subarray(BLOCK_HEADER_BYTES) }
  }

  /** A fault at a place of this file. */
  damage(offsetBytes: number, what: string): StoreDamage {
    return { file: this.path, offsetBytes, what }
  }

  #readHeader(): CheckpointPart | undefined {
    if (this.#fileBytes < HEADER_BYTES) return this.#damage(0, 'the file is shorter than its header')
    const header = readHeader(this.#read(0, HEADER_BYTES), this.#checksum)
    if (header === 'damaged') return this.#damage(0, 'the header is damaged')
    if ('version' in header) return { kind: 'newerFormat', version: header.version }
    this.#number = header.number
    this.#seed = header.seed
    this.#at = HEADER_BYTES
    return undefined
  }

  #readFooter(at: number): CheckpointPart {
    this.#at = at + FOOTER_BYTES
    if (this.#fileBytes < this.#at) return this.#damage(at, 'the file ends within the footer')
    const footer = this.#checked(at, FOOTER_BYTES)
    if (footer === undefined) return this.#damage(at, 'the checksum of the footer is wrong')
    if (this.#fileBytes > this.#at) return this.#damage(this.#at, 'there are bytes behind the footer')
    const from = new ByteReader(footer.subarray(BLOCK_HEADER_BYTES))
    const totals = { blocks: from.u64(), pairs: from.u64(), bytes: from.u64() }
    // The footer's own position is in its checksum, so a block that is missing is noticed before this.
    return { kind: 'end', at, totals }
  }

  #checked(at: number, length: number): Uint8Array | undefined {
    const bytes = this.#read(at, length)
    const expected = new ByteReader(bytes).u32()
    const actual = blockChecksum(this.#checksum, this.#seed, this.#blocks++, bytes.subarray(4))
    return actual === expected ? bytes : undefined
  }

  #read(at: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    const count = this.#file.read(at, bytes)
    // Shorter than its size said: what is missing cannot check out.
    return count === length ? bytes : bytes.fill(0xff, count)
  }

  #damage(at: number, what: string): CheckpointPart {
    return { kind: 'damage', damage: this.damage(at, what) }
  }
}

/** Gives every pair of a block to `take`, which says what is wrong with it, if anything. */
export function eachPair(
  payload: Uint8Array,
  take: (key: Uint8Array, value: Uint8Array) => string | undefined,
): string | undefined {
  const from = new ByteReader(payload)
  try {
    while (from.remaining > 0) {
      const keyLength = from.varint()
      const valueLength = from.varint()
      const fault = take(from.bytes(keyLength), from.bytes(valueLength))
      if (fault !== undefined) return fault
    }
    return undefined
  } catch (error) {
    if (error instanceof DecodeError) return `a block does not decode: ${error.message}`
    throw error
  }
}

/**
 * Everything that is wrong with the file. Goes on behind a damaged block as long as the next one checks out:
 * where two in a row do not, nobody knows where anything begins. Throws `DiskError`.
 */
export function findDamage(reader: CheckpointReader): StoreDamage[] {
  const damages: StoreDamage[] = []
  let previous: CheckpointPart['kind'] = 'block'
  while (damages.length < DAMAGES_REPORTED_MAX) {
    const part = reader.next()
    if (part.kind === 'newerFormat') damages.push(reader.damage(0, `unknown format version ${part.version}`))
    if (part.kind === 'damage' && previous !== 'damage') damages.push(part.damage)
    if (part.kind === 'end' || part.kind === 'newerFormat') break
    if (part.kind === 'damage' && (previous === 'damage' || part.damage.offsetBytes === 0)) break
    previous = part.kind
  }
  return damages
}

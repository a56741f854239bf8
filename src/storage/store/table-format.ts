/**
 * The file of a table, `NNNNNNNN.table`, named by its id in decimal. All numbers are little-endian:
 *
 *     header  magic "QRTTABLE", format version u32, id u64, CRC-32C u32
 *     blocks  one behind the other (`block-format.ts`)
 *     index   for each block: its length u32, the sum of its records' weights i32, varint length and bytes of its
 *             separator: the shortest beginning of its first key that is above the last key of the block before;
 *             of the first block, nothing
 *     filter  (`filter.ts`)
 *     meta    blocks, records, tombstones, superseding, putBytes, each u64; first key and last key, each with a
 *             varint length
 *     tail    where index, filter and meta begin u64 each, their CRC-32C u32 each, magic "QRTTABLE", CRC-32C u32
 *
 * The sections lie back to back, so every byte is under a checksum. Each checksum but the header's begins with
 * the header's and the place of what it covers: nothing of another table, or from another place, checks out.
 */
import { ByteReader, ByteWriter, DecodeError } from '../../core/bytes.ts'
import type { Checksum } from '../../core/crc32c.ts'
import { blockSeed } from './block-format.ts'
import { FILTER_LINE_BYTES } from './filter.ts'
import type { TableMeta } from './table-meta.ts'

export const TABLE_FORMAT_VERSION = 2

/** "QRTTABLE". */
const MAGIC = 0x454c424154545251n

export const TABLE_HEADER_BYTES = 8 + 4 + 8 + 4
export const TABLE_TAIL_BYTES = 3 * 8 + 3 * 4 + 8 + 4

/** Where the sections behind the blocks begin, and their checksums. The tail is where the meta ends. */
export interface TableSections {
  readonly indexAt: number
  readonly filterAt: number
  readonly metaAt: number
  readonly indexSum: number
  readonly filterSum: number
  readonly metaSum: number
}

/** The header of a new table, and the seed of all checksums behind it. */
export function writeTableHeader(id: number, checksum: Checksum): { bytes: Uint8Array; seed: number } {
  const to = new ByteWriter(TABLE_HEADER_BYTES)
  to.u64big(MAGIC)
  to.u32(TABLE_FORMAT_VERSION)
  to.u64(id)
  const seed = checksum(to.peek())
  to.u32(seed)
  return { bytes: to.finish(), seed }
}

/** The seed; or what is wrong with the header of the table `id`. */
export function readTableHeader(bytes: Uint8Array, id: number, checksum: Checksum): number | string {
  if (bytes.length < TABLE_HEADER_BYTES) return 'the file is shorter than its header'
  const from = new ByteReader(bytes)
  const magic = from.u64big()
  const version = from.u32()
  const idOfFile = from.u64big()
  const seed = from.u32()
  if (magic !== MAGIC || checksum(bytes.subarray(0, TABLE_HEADER_BYTES - 4)) !== seed) {
    return 'the header is damaged'
  }
  if (version !== TABLE_FORMAT_VERSION) return `unknown format version ${version}`
  return idOfFile === BigInt(id) ? seed : `it is the file of table ${idOfFile}`
}

/** The tail of a table that ends at `at`. */
export function writeTableTail(
  sections: TableSections,
  at: number,
  seed: number,
  checksum: Checksum,
): Uint8Array {
  const to = new ByteWriter(TABLE_TAIL_BYTES)
  to.u64(sections.indexAt)
  to.u64(sections.filterAt)
  to.u64(sections.metaAt)
  to.u32(sections.indexSum)
  to.u32(sections.filterSum)
  to.u32(sections.metaSum)
  to.u64big(MAGIC)
  to.u32(checksum(to.peek(), blockSeed(seed, at)))
  return to.finish()
}

/** The sections by a tail that was found at `at`; undefined if it is none, or they cannot lie so. */
export function readTableTail(
  bytes: Uint8Array,
  at: number,
  seed: number,
  checksum: Checksum,
): TableSections | undefined {
  const sum = checksum(bytes.subarray(0, TABLE_TAIL_BYTES - 4), blockSeed(seed, at))
  return decoded(bytes, from => {
    const sections = {
      indexAt: from.u64(),
      filterAt: from.u64(),
      metaAt: from.u64(),
      indexSum: from.u32(),
      filterSum: from.u32(),
      metaSum: from.u32(),
    }
    const { indexAt, filterAt, metaAt } = sections
    if (from.u64big() !== MAGIC || from.u32() !== sum) return undefined
    if (indexAt <= TABLE_HEADER_BYTES || filterAt <= indexAt || metaAt <= filterAt || at <= metaAt) {
      return undefined
    }
    return (metaAt - filterAt) % FILTER_LINE_BYTES === 0 ? sections : undefined
  })
}

/** What `writeTableMeta` stores; the rest follows from it. */
export type StoredMeta = Omit<TableMeta, 'id' | 'fileBytes' | 'weight'>

export function writeTableMeta(meta: StoredMeta): Uint8Array {
  const to = new ByteWriter(64 + meta.firstKey.length + meta.lastKey.length)
  to.u64(meta.blocks)
  to.u64(meta.records)
  to.u64(meta.tombstones)
  to.u64(meta.superseding)
  to.u64(meta.putBytes)
  to.sizedBytes(meta.firstKey)
  to.sizedBytes(meta.lastKey)
  return to.finish()
}

/** Undefined for bytes that cannot have been written so. */
export function readTableMeta(bytes: Uint8Array): StoredMeta | undefined {
  return decoded(bytes, from => ({
    blocks: from.u64(),
    records: from.u64(),
    tombstones: from.u64(),
    superseding: from.u64(),
    putBytes: from.u64(),
    firstKey: from.sizedBytes().slice(),
    lastKey: from.sizedBytes().slice(),
  }))
}

/** Every record inserts, or takes the place of an older one, and of these the tombstones leave nothing. */
export function tableMeta(stored: StoredMeta, id: number, fileBytes: number): TableMeta {
  const weight = stored.records - stored.superseding - stored.tombstones
  return { ...stored, id, fileBytes, weight }
}

/** Undefined where `decode` runs into bytes that are not the format's, or leaves some over. */
export function decoded<Value>(
  bytes: Uint8Array,
  decode: (from: ByteReader) => Value | undefined,
): Value | undefined {
  const from = new ByteReader(bytes)
  try {
    const value = decode(from)
    from.end()
    return value
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

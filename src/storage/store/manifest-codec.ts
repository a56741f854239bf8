/**
 * The file of a manifest, all numbers little-endian: magic "QRTMANIF", format version u32, then in version 2
 *
 *     generation u64, next table id u64, keyspaces u32
 *     of each keyspace    keyspace + 1 u32, runs u32
 *     of each run         tables u32
 *     of each table       id u64, bytes of its file u64
 *
 * and at its end, in every version, a CRC-32C of everything before. Numbers have one width, so that a manifest
 * has one form.
 */
import { assert } from '../../core/assert.ts'
import { ByteReader, ByteWriter, DecodeError } from '../../core/bytes.ts'
import type { Checksum } from '../../core/crc32c.ts'
import {
  MANIFEST_TABLES_MAX,
  type Manifest,
  type ManifestKeyspace,
  type ManifestRun,
  manifestFault,
} from './manifest.ts'

export const MANIFEST_VERSION = 2

/** "QRTMANIF". */
const MAGIC = 0x46494e414d545251n

const CHECKSUM_BYTES = 4
const HEADER_BYTES = 8 + 4 + 8 + 8 + 4
const KEYSPACES_MAX = 1 + 256

/** More than any manifest has: each table may be alone in its run. A longer file is not read. */
export const MANIFEST_BYTES_MAX =
  HEADER_BYTES + KEYSPACES_MAX * (4 + 4) + MANIFEST_TABLES_MAX * (4 + 8 + 8) + CHECKSUM_BYTES

/** The manifest as bytes. That it is well-formed (`manifestFault`) is asserted. */
export function encodeManifest(manifest: Manifest, checksum: Checksum): Uint8Array {
  const fault = manifestFault(manifest)
  assert(fault === undefined, `in a manifest that is written, ${fault}`)
  const to = new ByteWriter(1024)
  to.u64big(MAGIC)
  to.u32(MANIFEST_VERSION)
  to.u64(manifest.generation)
  to.u64(manifest.nextTableId)
  to.u32(manifest.keyspaces.length)
  for (const { keyspace, runs } of manifest.keyspaces) {
    to.u32(keyspace + 1)
    to.u32(runs.length)
    for (const run of runs) {
      to.u32(run.length)
      for (const { id, fileBytes } of run) {
        to.u64(id)
        to.u64(fileBytes)
      }
    }
  }
  to.u32(checksum(to.peek()))
  assert(to.length <= MANIFEST_BYTES_MAX, 'a manifest fits into the file that is read')
  return to.finish()
}

/**
 * The manifest, or the version that this one cannot read. Throws `DecodeError` if the bytes are anything that
 * `encodeManifest` does not make; holds no more than a few times the bytes it was given.
 */
export function decodeManifest(
  bytes: Uint8Array,
  checksum: Checksum,
): Manifest | { readonly version: number } {
  const checked = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM_BYTES))
  const from = new ByteReader(checked)
  if (from.u64big() !== MAGIC) throw from.error('not a manifest')
  const version = from.u32()
  if (new ByteReader(bytes.subarray(checked.length)).u32() !== checksum(checked)) {
    throw new DecodeError('the checksum is wrong')
  }
  if (version !== MANIFEST_VERSION) return { version }
  const generation = from.u64()
  const nextTableId = from.u64()
  const keyspaces = readMany(from, () => readKeyspace(from))
  from.end()
  const manifest = { generation, nextTableId, keyspaces }
  const fault = manifestFault(manifest)
  if (fault !== undefined) throw new DecodeError(`a manifest in which it does not hold that ${fault}`)
  return manifest
}

function readKeyspace(from: ByteReader): ManifestKeyspace {
  const keyspace = from.u32() - 1
  return { keyspace, runs: readMany(from, () => readRun(from)) }
}

function readRun(from: ByteReader): ManifestRun {
  return readMany(from, () => ({ id: from.u64(), fileBytes: from.u64() }))
}

/** A count, then so many. A count that lies ends with the bytes: nothing is reserved for what it promises. */
function readMany<Item>(from: ByteReader, read: () => Item): Item[] {
  const items: Item[] = []
  for (let left = from.u32(); left > 0; left--) items.push(read())
  return items
}

/**
 * What is known of one version of a key without its value: the values of tables `h` and `p`. Ranges, counts,
 * comparisons and sweeping read these and leave the records, where the values are, alone.
 */
import { ByteReader } from '../../core/bytes.ts'
import type { Slab } from './slab.ts'
import type { Revision } from './store-keys.ts'
import { varintBytes, writeVarint } from './varint.ts'

/** A version of a key; `main` and `sub` say where its record is, and `main` is its mod revision. */
export interface Version extends Revision {
  readonly createRevision: number
  readonly version: number
  readonly lease: bigint
}

/**
 * A version that was overwritten or deleted. It is what a read at revision R sees if `main` <= R < `end.main`,
 * so a tombstone needs no place in `p`.
 */
export interface PastVersion extends Version {
  readonly end: Revision
  /** The end is a deletion. */
  readonly deleted: boolean
}

const ZERO_LEASE = 0n

/** Bits of a past version's first byte; the others stand for nothing yet. */
const DELETED = 1

export function encodeHead(slab: Slab, version: Version): Uint8Array {
  const head = slab.take(varintBytes(version.main) + varintBytes(version.sub) + commonBytes(version))
  const at = writeVarint(head, 0, version.main)
  writeCommon(head, writeVarint(head, at, version.sub), version)
  return head
}

export function decodeHead(head: Uint8Array): Version {
  const from = new ByteReader(head)
  const main = from.varint()
  return readCommon(from, main, from.varint())
}

/** Where the version itself stands is in its key. */
export function encodePast(slab: Slab, version: Version, end: Revision, deleted: boolean): Uint8Array {
  const past = slab.take(
    1 + varintBytes(end.main - version.main) + varintBytes(end.sub) + commonBytes(version),
  )
  past[0] = deleted ? DELETED : 0
  const at = writeVarint(past, 1, end.main - version.main)
  writeCommon(past, writeVarint(past, at, end.sub), version)
  return past
}

export function decodePast({ main, sub }: Revision, past: Uint8Array): PastVersion {
  const from = new ByteReader(past)
  const deleted = (from.u8() & DELETED) !== 0
  const end = { main: main + from.varint(), sub: from.varint() }
  const { createRevision, version, lease } = readCommon(from, main, sub)
  return { main, sub, createRevision, version, lease, end, deleted }
}

function commonBytes({ main, createRevision, version, lease }: Version): number {
  return varintBytes(main - createRevision) + varintBytes(version) + (lease === ZERO_LEASE ? 0 : 8)
}

function writeCommon(to: Uint8Array, at: number, { main, createRevision, version, lease }: Version): void {
  at = writeVarint(to, at, main - createRevision)
  at = writeVarint(to, at, version)
  if (lease !== ZERO_LEASE) new DataView(to.buffer, to.byteOffset).setBigInt64(at, lease, true)
}

function readCommon(from: ByteReader, main: number, sub: number): Version {
  const createRevision = main - from.varint()
  const version = from.varint()
  const lease = from.remaining === 0 ? ZERO_LEASE : BigInt.asIntN(64, from.u64big())
  return { main, sub, createRevision, version, lease }
}

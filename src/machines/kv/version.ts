/**
 * What is known of one version of a key without its value: the values of tables `h` and `p`. Ranges, counts,
 * comparisons and sweeping read these and leave the records, where the values are, alone.
 */
import { RecordReader } from './record-reader.ts'
import type { Slab } from './slab.ts'
import type { Revision } from './store-keys.ts'
import { int64Varint, writeVarint } from './varint.ts'

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
  let at = writeVarint(scratch, 0, version.main)
  at = writeVarint(scratch, at, version.sub)
  return cut(slab, writeCommon(at, version))
}

export function decodeHead(head: Uint8Array): Version {
  const from = new RecordReader(head)
  const main = from.varint()
  return readCommon(from, main, from.varint())
}

/** Where the version itself stands is in its key. */
export function encodePast(slab: Slab, version: Version, end: Revision, deleted: boolean): Uint8Array {
  scratch[0] = deleted ? DELETED : 0
  let at = writeVarint(scratch, 1, end.main - version.main)
  at = writeVarint(scratch, at, end.sub)
  return cut(slab, writeCommon(at, version))
}

export function decodePast({ main, sub }: Revision, past: Uint8Array): PastVersion {
  const from = new RecordReader(past)
  const deleted = (from.u8() & DELETED) !== 0
  const end = { main: main + from.varint(), sub: from.varint() }
  const { createRevision, version, lease } = readCommon(from, main, sub)
  return { main, sub, createRevision, version, lease, end, deleted }
}

/** Where an entry is put together before it is known how long it is: six numbers and a byte at most. */
const scratch = new Uint8Array(64)

function writeCommon(at: number, { main, createRevision, version, lease }: Version): number {
  at = writeVarint(scratch, at, main - createRevision)
  at = writeVarint(scratch, at, version)
  if (lease === ZERO_LEASE) return at
  const bytes = int64Varint(lease)
  scratch.set(bytes, at)
  return at + bytes.length
}

function readCommon(from: RecordReader, main: number, sub: number): Version {
  const createRevision = main - from.varint()
  const version = from.varint()
  return { main, sub, createRevision, version, lease: from.isAtEnd ? ZERO_LEASE : from.int64() }
}

function cut(slab: Slab, length: number): Uint8Array {
  const entry = slab.take(length)
  for (let i = 0; i < length; i++) entry[i] = scratch[i]!
  return entry
}

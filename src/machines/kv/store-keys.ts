/**
 * The keys of the machine's eight tables. The first byte names the table:
 *
 *     a + ...                                      users, roles and tokens
 *     h + key                                      the newest version of a key that exists now
 *     k + lease + key                              the keys that are attached to a lease
 *     l + lease                                    a lease that exists
 *     m + letter                                   what is known of the whole: revisions, compaction, sweep
 *     o + time + lease                             when leases are over, in the order of that
 *     p + escaped key + 00 00 + inverted revision  versions that ended, a key's newest first
 *     r + revision                                 every change, in the order of changes
 *
 * A lease's id and a time are 8 bytes, big-endian; ids are signed, and order here as unsigned ones.
 * A revision is main (8 bytes) and sub (4 bytes), big-endian, so that bytes order as numbers do. In `p`, where
 * something follows the key, a zero byte of the key is escaped as 00 ff; so no key is the prefix of another's
 * escaped form, and escaped keys order as keys do.
 */
import { assert } from '../../core/assert.ts'
import { EMPTY } from '../../core/bytes.ts'
import type { KeyRange } from '../../runtime/store.ts'
import type { Slab } from './slab.ts'

/** One change: `main` is shared by all changes of a transaction, `sub` counts them from 0. */
export interface Revision {
  readonly main: number
  readonly sub: number
}

/** Its keys are those of `auth/records.ts`. */
export const AUTH = 0x61
const HEAD = 0x68
const LEASE_KEY = 0x6b
const LEASE = 0x6c
const META = 0x6d
const LEASE_END = 0x6f
const PAST = 0x70
const REVISION = 0x72

const REVISION_BYTES = 12
const LEASE_BYTES = 8
const SUB_MAX = 2 ** 32 - 1

const UNSIGNED_MAX = 2n ** 64n - 1n
const LEASE_KEY_TABLE_END = Uint8Array.of(LEASE_KEY + 1)

const HEAD_TABLE: KeyRange = { from: Uint8Array.of(HEAD), to: Uint8Array.of(HEAD + 1) }
export const PAST_TABLE: KeyRange = { from: Uint8Array.of(PAST), to: Uint8Array.of(PAST + 1) }
/** Leases in the order of when they are over. */
export const LEASE_END_TABLE: KeyRange = { from: Uint8Array.of(LEASE_END), to: Uint8Array.of(LEASE_END + 1) }
/** All tables of the machine. */
export const ALL_TABLES: KeyRange = { from: Uint8Array.of(AUTH), to: Uint8Array.of(REVISION + 1) }

export function isPastKey(storeKey: Uint8Array): boolean {
  return storeKey[0] === PAST
}

export function isRevisionKey(storeKey: Uint8Array): boolean {
  return storeKey[0] === REVISION
}

/** @param letter one ASCII letter */
export function metaKey(letter: string): Uint8Array {
  return Uint8Array.of(META, letter.charCodeAt(0))
}

export function headKey(slab: Slab, key: Uint8Array): Uint8Array {
  const storeKey = slab.take(1 + key.length)
  storeKey[0] = HEAD
  storeKey.set(key, 1)
  return storeKey
}

export function keyOfHead(storeKey: Uint8Array): Uint8Array {
  return storeKey.subarray(1)
}

export function revisionKey(slab: Slab, main: number, sub: number): Uint8Array {
  assert(sub <= SUB_MAX, 'a transaction makes fewer than 2^32 changes')
  const storeKey = slab.take(1 + REVISION_BYTES)
  storeKey[0] = REVISION
  writeU32(storeKey, 1, Math.floor(main / 2 ** 32))
  writeU32(storeKey, 5, main)
  writeU32(storeKey, 9, sub)
  return storeKey
}

export function revisionOfKey(storeKey: Uint8Array): Revision {
  return { main: readU32(storeKey, 1) * 2 ** 32 + readU32(storeKey, 5), sub: readU32(storeKey, 9) }
}

/** All changes with `from` <= main < `to`; of `from`, those from `sub` on. */
export function revisionRange(slab: Slab, from: number, to: number, sub = 0): KeyRange {
  return { from: revisionKey(slab, from, sub), to: revisionKey(slab, to, 0) }
}

/** With `sub` the greatest there is: where the versions of a key up to `main` begin. */
export function pastKey(slab: Slab, key: Uint8Array, main: number, sub = SUB_MAX): Uint8Array {
  const storeKey = slab.take(1 + escapedBytes(key) + 2 + REVISION_BYTES)
  const at = writeEscaped(storeKey, key) + 2
  writeU32(storeKey, at, ~Math.floor(main / 2 ** 32))
  writeU32(storeKey, at + 4, ~(main >>> 0))
  writeU32(storeKey, at + 8, ~sub)
  return storeKey
}

/** Behind every ended version of a key, and before those of the next key. */
export function pastEnd(slab: Slab, key: Uint8Array): Uint8Array {
  const storeKey = slab.take(1 + escapedBytes(key) + 2)
  storeKey[writeEscaped(storeKey, key) + 1] = 1
  return storeKey
}

export function keyOfPast(storeKey: Uint8Array): Uint8Array {
  const escaped = storeKey.subarray(1, storeKey.length - REVISION_BYTES - 2)
  return escaped.includes(0) ? unescaped(escaped) : escaped
}

export function revisionOfPast(storeKey: Uint8Array): Revision {
  const at = storeKey.length - REVISION_BYTES
  const high = ~readU32(storeKey, at) >>> 0
  const low = ~readU32(storeKey, at + 4) >>> 0
  return { main: high * 2 ** 32 + low, sub: ~readU32(storeKey, at + 8) >>> 0 }
}

/** Keys with `from` <= key < `to`; `to` absent: to the end. */
export function headRange(slab: Slab, from: Uint8Array, to: Uint8Array | undefined): KeyRange {
  return { from: headKey(slab, from), to: to === undefined ? HEAD_TABLE.to! : headKey(slab, to) }
}

export function pastRange(slab: Slab, from: Uint8Array, to: Uint8Array | undefined): KeyRange {
  return { from: pastStart(slab, from), to: to === undefined ? PAST_TABLE.to! : pastStart(slab, to) }
}

export function leaseKey(slab: Slab, lease: bigint): Uint8Array {
  const storeKey = slab.take(1 + LEASE_BYTES)
  storeKey[0] = LEASE
  writeLease(storeKey, 1, lease)
  return storeKey
}

/** @param overAt cluster time, in milliseconds */
export function leaseEndKey(slab: Slab, overAt: number, lease: bigint): Uint8Array {
  const storeKey = slab.take(1 + 8 + LEASE_BYTES)
  storeKey[0] = LEASE_END
  writeU32(storeKey, 1, Math.floor(overAt / 2 ** 32))
  writeU32(storeKey, 5, overAt)
  writeLease(storeKey, 9, lease)
  return storeKey
}

export function leaseOfEnd(storeKey: Uint8Array): bigint {
  return readLease(storeKey, 9)
}

export function overAtOfEnd(storeKey: Uint8Array): number {
  return readU32(storeKey, 1) * 2 ** 32 + readU32(storeKey, 5)
}

/** That a key is attached to a lease. */
export function attachedKey(slab: Slab, lease: bigint, key: Uint8Array): Uint8Array {
  const storeKey = slab.take(1 + LEASE_BYTES + key.length)
  storeKey[0] = LEASE_KEY
  writeLease(storeKey, 1, lease)
  storeKey.set(key, 1 + LEASE_BYTES)
  return storeKey
}

export function keyOfAttached(storeKey: Uint8Array): Uint8Array {
  return storeKey.subarray(1 + LEASE_BYTES)
}

/** Every key that is attached to a lease. */
export function attachedRange(slab: Slab, lease: bigint): KeyRange {
  const from = attachedKey(slab, lease, EMPTY)
  const next = BigInt.asUintN(64, lease) + 1n
  return { from, to: next > UNSIGNED_MAX ? LEASE_KEY_TABLE_END : attachedKey(slab, next, EMPTY) }
}

function writeLease(to: Uint8Array, at: number, lease: bigint): void {
  const unsigned = BigInt.asUintN(64, lease)
  writeU32(to, at, Number(unsigned >> 32n))
  writeU32(to, at + 4, Number(unsigned & 0xffffffffn))
}

function readLease(from: Uint8Array, at: number): bigint {
  return BigInt.asIntN(64, (BigInt(readU32(from, at)) << 32n) | BigInt(readU32(from, at + 4)))
}

function pastStart(slab: Slab, key: Uint8Array): Uint8Array {
  const storeKey = slab.take(1 + escapedBytes(key))
  writeEscaped(storeKey, key)
  return storeKey
}

function escapedBytes(key: Uint8Array): number {
  let bytes = key.length
  for (const byte of key) if (byte === 0) bytes++
  return bytes
}

/** Returns the offset behind the escaped key. */
function writeEscaped(to: Uint8Array, key: Uint8Array): number {
  to[0] = PAST
  let at = 1
  for (const byte of key) {
    to[at++] = byte
    if (byte === 0) to[at++] = 0xff
  }
  return at
}

function unescaped(escaped: Uint8Array): Uint8Array {
  const key = new Uint8Array(escaped.length)
  let at = 0
  for (let i = 0; i < escaped.length; i++) {
    key[at++] = escaped[i]!
    if (escaped[i] === 0) i++
  }
  return key.subarray(0, at)
}

function writeU32(to: Uint8Array, at: number, value: number): void {
  to[at] = value >>> 24
  to[at + 1] = value >>> 16
  to[at + 2] = value >>> 8
  to[at + 3] = value
}

function readU32(from: Uint8Array, at: number): number {
  return from[at]! * 0x1000000 + ((from[at + 1]! << 16) | (from[at + 2]! << 8) | from[at + 3]!)
}

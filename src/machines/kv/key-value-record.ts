/**
 * The records of `r`: `mvccpb.KeyValue` as protobuf writes it, fields in order and defaults left out. They
 * are byte for byte what etcd stores, so that HashKV hashes them as they are and agrees with etcd's. A
 * tombstone holds the key and nothing else; every other record has a version of at least 1.
 */
import { ByteReader, EMPTY } from '../../core/bytes.ts'
import type { Slab } from './slab.ts'
import type { KeyValue } from './types.ts'
import { varintBytes, writeVarint } from './varint.ts'

const KEY = 0x0a
const CREATE_REVISION = 0x10
const MOD_REVISION = 0x18
const VERSION = 0x20
const VALUE = 0x2a
const LEASE = 0x30

const ZERO_LEASE = 0n
const SAFE_LEASE_MAX = BigInt(Number.MAX_SAFE_INTEGER)

export function encodeKeyValue(slab: Slab, kv: KeyValue): Uint8Array {
  const lease = kv.lease === ZERO_LEASE ? EMPTY : leaseVarint(kv.lease)
  const record = slab.take(
    bytesField(kv.key) +
      numberField(kv.createRevision) +
      numberField(kv.modRevision) +
      numberField(kv.version) +
      bytesField(kv.value) +
      (lease.length === 0 ? 0 : 1 + lease.length),
  )
  let at = writeBytes(record, 0, KEY, kv.key)
  at = writeNumber(record, at, CREATE_REVISION, kv.createRevision)
  at = writeNumber(record, at, MOD_REVISION, kv.modRevision)
  at = writeNumber(record, at, VERSION, kv.version)
  at = writeBytes(record, at, VALUE, kv.value)
  if (lease.length > 0) {
    record[at++] = LEASE
    record.set(lease, at)
  }
  return record
}

export function encodeTombstone(slab: Slab, key: Uint8Array): Uint8Array {
  const record = slab.take(bytesField(key))
  writeBytes(record, 0, KEY, key)
  return record
}

/** Key and value are views of the record. Of a tombstone everything but the key is a default. */
export function decodeKeyValue(record: Uint8Array): KeyValue {
  const from = new ByteReader(record)
  let key = EMPTY
  let createRevision = 0
  let modRevision = 0
  let version = 0
  let value = EMPTY
  let lease = ZERO_LEASE
  while (from.remaining > 0) {
    switch (from.u8()) {
      case KEY:
        key = from.sizedBytes()
        break
      case CREATE_REVISION:
        createRevision = from.varint()
        break
      case MOD_REVISION:
        modRevision = from.varint()
        break
      case VERSION:
        version = from.varint()
        break
      case VALUE:
        value = from.sizedBytes()
        break
      case LEASE:
        lease = readLease(from)
        break
      default:
        throw from.error('unknown field of a stored record')
    }
  }
  return { key, createRevision, modRevision, version, value, lease }
}

export function isTombstone(record: Uint8Array): boolean {
  const from = new ByteReader(record)
  from.u8()
  from.sizedBytes()
  return from.remaining === 0
}

function bytesField({ length }: Uint8Array): number {
  return length === 0 ? 0 : 1 + varintBytes(length) + length
}

function numberField(value: number): number {
  return value === 0 ? 0 : 1 + varintBytes(value)
}

function writeBytes(to: Uint8Array, at: number, tag: number, value: Uint8Array): number {
  if (value.length === 0) return at
  to[at++] = tag
  at = writeVarint(to, at, value.length)
  to.set(value, at)
  return at + value.length
}

function writeNumber(to: Uint8Array, at: number, tag: number, value: number): number {
  if (value === 0) return at
  to[at++] = tag
  return writeVarint(to, at, value)
}

/** An int64 in two's complement: a negative one takes ten bytes. */
function leaseVarint(lease: bigint): Uint8Array {
  if (lease > ZERO_LEASE && lease <= SAFE_LEASE_MAX) {
    const small = new Uint8Array(varintBytes(Number(lease)))
    writeVarint(small, 0, Number(lease))
    return small
  }
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, lease)
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Uint8Array.from(bytes)
}

function readLease(from: ByteReader): bigint {
  let lease = ZERO_LEASE
  let shift = ZERO_LEASE
  let byte = 0x80
  while (byte > 0x7f) {
    byte = from.u8()
    lease |= BigInt(byte & 0x7f) << shift
    shift += 7n
  }
  return BigInt.asIntN(64, lease)
}

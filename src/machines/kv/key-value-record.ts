/**
 * The records of `r`: `mvccpb.KeyValue` as protobuf writes it, fields in order and defaults left out. They
 * are byte for byte what etcd stores, so that HashKV hashes them as they are and agrees with etcd's. A
 * tombstone holds the key and nothing else; every other record has a version of at least 1.
 */
import { InvariantError } from '../../core/assert.ts'
import { EMPTY, varintBytes } from '../../core/bytes.ts'
import { RecordReader } from './record-reader.ts'
import type { Slab } from './slab.ts'
import type { KeyValue } from './types.ts'
import { int64Varint, writeVarint } from './varint.ts'

const KEY = 0x0a
const CREATE_REVISION = 0x10
const MOD_REVISION = 0x18
const VERSION = 0x20
const VALUE = 0x2a
const LEASE = 0x30

const ZERO_LEASE = 0n

export function encodeKeyValue(slab: Slab, kv: KeyValue): Uint8Array {
  const lease = kv.lease === ZERO_LEASE ? EMPTY : int64Varint(kv.lease)
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
  const from = new RecordReader(record)
  let key = EMPTY
  let createRevision = 0
  let modRevision = 0
  let version = 0
  let value = EMPTY
  let lease = ZERO_LEASE
  while (!from.isAtEnd) {
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
        lease = from.int64()
        break
      default:
        throw new InvariantError('a stored record holds only known fields')
    }
  }
  return { key, createRevision, modRevision, version, value, lease }
}

export function isTombstone(record: Uint8Array): boolean {
  const from = new RecordReader(record)
  from.u8()
  from.sizedBytes()
  return from.isAtEnd
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

/** `mvccpb.KeyValue`: a key with its value and its history's numbers. */
import { EMPTY } from '../../core/bytes.ts'
import { bytesTag, type ProtobufReader, varintTag } from './protobuf-reader.ts'
import { type ProtobufWriter, varintBytes } from './protobuf-writer.ts'

export interface KeyValue {
  readonly key: Uint8Array
  readonly createRevision: number
  readonly modRevision: number
  readonly version: number
  readonly value: Uint8Array
  readonly lease: bigint
}

/** A key-value of which nothing was said. */
export const NO_KEY_VALUE: KeyValue = {
  key: EMPTY,
  createRevision: 0,
  modRevision: 0,
  version: 0,
  value: EMPTY,
  lease: 0n,
}

/** Writes it as field `field` of the message around it. Revisions are never negative. */
export function writeKeyValue(to: ProtobufWriter, field: number, kv: KeyValue): void {
  to.sized(field, keyValueBytes(kv))
  to.bytes(1, kv.key)
  to.int64(2, kv.createRevision)
  to.int64(3, kv.modRevision)
  to.int64(4, kv.version)
  to.bytes(5, kv.value)
  to.int64big(6, kv.lease)
}

export function readKeyValue(from: ProtobufReader, before: KeyValue = NO_KEY_VALUE): KeyValue {
  let { key, createRevision, modRevision, version, value, lease } = before
  while (from.more()) {
    const tag = from.tag()
    switch (tag) {
      case bytesTag(1):
        key = from.bytes()
        break
      case varintTag(2):
        createRevision = from.int64()
        break
      case varintTag(3):
        modRevision = from.int64()
        break
      case varintTag(4):
        version = from.int64()
        break
      case bytesTag(5):
        value = from.bytes()
        break
      case varintTag(6):
        lease = from.int64big()
        break
      default:
        from.skip(tag)
    }
  }
  return { key, createRevision, modRevision, version, value, lease }
}

/** Known beforehand, because moving a large value up by a byte of its length would copy it twice. */
function keyValueBytes(kv: KeyValue): number {
  return (
    lengthDelimitedBytes(kv.key) +
    numberBytes(kv.createRevision) +
    numberBytes(kv.modRevision) +
    numberBytes(kv.version) +
    lengthDelimitedBytes(kv.value) +
    leaseBytes(kv.lease)
  )
}

function lengthDelimitedBytes({ length }: Uint8Array): number {
  return length === 0 ? 0 : 1 + varintBytes(length) + length
}

function numberBytes(value: number): number {
  return value === 0 ? 0 : 1 + varintBytes(value)
}

function leaseBytes(lease: bigint): number {
  if (lease === 0n) return 0
  // Ten bytes hold 64 bits, nine hold 63.
  if (lease < 0n) return 11
  return lease <= 0x1fffffffffffffn ? 1 + varintBytes(Number(lease)) : lease < 0x100000000000000n ? 9 : 10
}

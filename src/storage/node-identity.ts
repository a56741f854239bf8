/**
 * Who a data directory belongs to. The file, all numbers little-endian: magic "QRTIDENT", format version u32,
 * then in version 1 cluster id u64, node id u64, the member's name (varint length, UTF-8); and at its
 * end, in every version, a CRC-32C of everything before.
 */
import { ByteReader, ByteWriter, DecodeError } from '../core/bytes.ts'
import type { Checksum } from '../core/crc32c.ts'
import type { NodeId } from '../core/ids.ts'
import { utf8Bytes, utf8Text } from '../core/utf8.ts'

export interface NodeIdentity {
  readonly clusterId: bigint
  readonly nodeId: NodeId
  /** The member's name when the directory was made; for people. */
  readonly name: string
}

const IDENTITY_VERSION = 1

/** "QRTIDENT". */
const MAGIC = 0x544e454449545251n

const CHECKSUM_BYTES = 4

export function writeIdentity(identity: NodeIdentity, checksum: Checksum): Uint8Array {
  const to = new ByteWriter(256)
  to.u64big(MAGIC)
  to.u32(IDENTITY_VERSION)
  to.u64big(identity.clusterId)
  to.u64big(identity.nodeId)
  to.sizedBytes(utf8Bytes(identity.name))
  to.u32(checksum(to.peek()))
  return to.finish()
}

/** The identity, or the version that this one cannot read. Throws `DecodeError` if the bytes are damaged. */
export function readIdentity(
  bytes: Uint8Array,
  checksum: Checksum,
): NodeIdentity | { readonly version: number } {
  const checked = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM_BYTES))
  const from = new ByteReader(bytes)
  if (from.u64big() !== MAGIC) throw from.error('not an identity')
  const version = from.u32()
  if (new ByteReader(bytes.subarray(checked.length)).u32() !== checksum(checked)) {
    throw new DecodeError('the checksum is wrong')
  }
  if (version !== IDENTITY_VERSION) return { version }
  const clusterId = from.u64big()
  const nodeId = from.u64big() as NodeId
  const name = utf8Text(from.sizedBytes())
  from.u32()
  from.end()
  return { clusterId, nodeId, name }
}

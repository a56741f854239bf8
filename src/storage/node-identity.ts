/**
 * Who a data directory belongs to, and where in it log and store are. The file, all numbers little-endian: magic
 * "QRTIDENT", format version u32, then cluster id u64, node id u64, the member's name (varint length, UTF-8); since
 * version 2 the places of the log and of the store, a byte each; since version 3 the name of the consensus protocol
 * (as the member's); and at its end, in every version, a CRC-32C of everything before.
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
  /** What its log is a log of: another protocol cannot read its promises. */
  readonly consensus: string
}

/** Log and store have two places each; what is not in use holds nothing, or what was set aside. */
export type Place = 0 | 1

export interface StoredIdentity extends NodeIdentity {
  readonly log: Place
  readonly store: Place
}

const IDENTITY_VERSION = 3

/** Before there was a choice. */
const FIRST_CONSENSUS = 'raft'

/** "QRTIDENT". */
const MAGIC = 0x544e454449545251n

const CHECKSUM_BYTES = 4

export function writeIdentity(identity: StoredIdentity, checksum: Checksum): Uint8Array {
  const to = new ByteWriter(256)
  to.u64big(MAGIC)
  to.u32(IDENTITY_VERSION)
  to.u64big(identity.clusterId)
  to.u64big(identity.nodeId)
  to.sizedBytes(utf8Bytes(identity.name))
  to.u8(identity.log)
  to.u8(identity.store)
  to.sizedBytes(utf8Bytes(identity.consensus))
  to.u32(checksum(to.peek()))
  return to.finish()
}

/** The identity, or the version that this one cannot read. Throws `DecodeError` if the bytes are damaged. */
export function readIdentity(
  bytes: Uint8Array,
  checksum: Checksum,
): StoredIdentity | { readonly version: number } {
  const checked = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM_BYTES))
  const from = new ByteReader(bytes)
  if (from.u64big() !== MAGIC) throw from.error('not an identity')
  const version = from.u32()
  if (new ByteReader(bytes.subarray(checked.length)).u32() !== checksum(checked)) {
    throw new DecodeError('the checksum is wrong')
  }
  if (version < 1 || version > IDENTITY_VERSION) return { version }
  const clusterId = from.u64big()
  const nodeId = from.u64big() as NodeId
  const name = utf8Text(from.sizedBytes())
  const [log, store] = version === 1 ? [0 as const, 0 as const] : [readPlace(from), readPlace(from)]
  const consensus = version < 3 ? FIRST_CONSENSUS : utf8Text(from.sizedBytes())
  from.u32()
  from.end()
  return { clusterId, nodeId, name, consensus, log, store }
}

function readPlace(from: ByteReader): Place {
  const place = from.u8()
  if (place !== 0 && place !== 1) throw from.error('no such place')
  return place
}

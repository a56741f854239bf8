/**
 * How a node that was started to join a cluster learns who it is in it: it asks a member, before any greeting, and is
 * told its id, the cluster's, and the configuration in which it stands; or gets a refusal (`hello.ts`). Later versions
 * may append fields to either: what is behind the known ones is ignored.
 */
import { type ByteReader, type ByteWriter, DecodeError } from '../../core/bytes.ts'
import type { NodeId } from '../../core/ids.ts'
import { utf8Bytes, utf8Text } from '../../core/utf8.ts'

/** "QPJN" when read as text. */
const MAGIC = 0x4e4a5051

export interface JoinRequest {
  readonly versionMin: number
  readonly versionMax: number
  /** By these the member was added. */
  readonly peerUrls: readonly string[]
  /** The name of the consensus protocol that the node was started with. */
  readonly consensus: string
  /** Names the empty directory on which the node begins; zero if it has begun, and only asks who the members are. */
  readonly life: bigint
}

export interface JoinAnswer {
  readonly cluster: bigint
  readonly id: NodeId
  /** No other directory was ever that of this member: it has promised nothing to anybody. */
  readonly isNew: boolean
  /** Of the group, in its protocol's own bytes: it names the node, and all others. */
  readonly configuration: Uint8Array
}

export function writeJoinRequest(to: ByteWriter, request: JoinRequest): void {
  to.u32(MAGIC)
  to.u16(request.versionMin)
  to.u16(request.versionMax)
  to.u64big(request.life)
  to.sizedBytes(utf8Bytes(request.consensus))
  to.varint(request.peerUrls.length)
  for (const url of request.peerUrls) to.sizedBytes(utf8Bytes(url))
}

/** Throws `DecodeError`. */
export function readJoinRequest(from: ByteReader): JoinRequest {
  checkMagic(from)
  const versionMin = from.u16()
  const versionMax = from.u16()
  if (versionMin > versionMax) throw from.error('an empty range of versions')
  const life = from.u64big()
  const consensus = utf8Text(from.sizedBytes())
  const count = from.varint()
  if (count > from.remaining) throw from.error('truncated')
  const peerUrls = Array.from({ length: count }, () => utf8Text(from.sizedBytes()))
  return { versionMin, versionMax, peerUrls, life, consensus }
}

export function writeJoinAnswer(to: ByteWriter, answer: JoinAnswer): void {
  to.u32(MAGIC)
  to.u64big(answer.cluster)
  to.u64big(answer.id)
  to.u8(answer.isNew ? 1 : 0)
  to.sizedBytes(answer.configuration)
}

/** Throws `DecodeError`; the configuration is a view of the reader's bytes, and not looked into. */
export function readJoinAnswer(from: ByteReader): JoinAnswer {
  checkMagic(from)
  const cluster = from.u64big()
  const id = from.u64big() as NodeId
  const isNew = from.u8() === 1
  return { cluster, id, isNew, configuration: from.sizedBytes() }
}

function checkMagic(from: ByteReader): void {
  if (from.u32() !== MAGIC) throw new DecodeError('no question of a node that joins, and no answer to one')
}

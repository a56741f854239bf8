/**
 * How two nodes begin a connection. The one that dialled says `hello` first; the other answers with
 * `welcome` and the protocol version that both will speak, or with a `refusal` and its reason. Later versions
 * may append fields to either: what is behind the known ones is ignored.
 */
import { type ByteReader, type ByteWriter, DecodeError } from '../../core/bytes.ts'
import type { NodeId } from '../../core/ids.ts'
import { utf8Bytes, utf8Text } from '../../core/utf8.ts'
import { HOST_BYTES_MAX, REFUSAL_TEXT_BYTES_MAX } from './limits.ts'

/** What a connection is for. Appended to only: the order is the wire format. */
export type PeerLane = 'prompt' | 'data' | 'bulk'

const LANES: readonly PeerLane[] = ['prompt', 'data', 'bulk']

/** Of nodes that do not say: before there was a choice. */
const FIRST_CONSENSUS = 'raft'

const NOWHERE: PeerAddress = { host: '', port: 0 }

/** "QPER" when read as text. */
const MAGIC = 0x52455051

export interface Hello {
  readonly versionMin: number
  readonly versionMax: number
  readonly cluster: bigint
  readonly sender: NodeId
  /** Whom the sender believes to have reached. */
  readonly receiver: NodeId
  readonly lane: PeerLane
  /** The name of the consensus protocol that its group speaks. */
  readonly consensus: string
  /** Where the sender can be reached, as it knows itself; a port of 0: it cannot. */
  readonly address: PeerAddress
  /** How many changes of the membership it knows of. */
  readonly changes: number
}

export interface PeerAddress {
  readonly host: string
  readonly port: number
}

export interface Welcome {
  readonly version: number
  readonly cluster: bigint
  readonly sender: NodeId
}

/** Appended to only: the order is the wire format. */
export type RefusalReason =
  | 'foreignCluster'
  | 'version'
  | 'unknown'
  | 'misdirected'
  | 'protocol'
  | 'removed'
  | 'otherConsensus'

const REASONS: readonly RefusalReason[] = [
  'foreignCluster',
  'version',
  'unknown',
  'misdirected',
  'protocol',
  'removed',
  'otherConsensus',
]

export interface Refusal {
  readonly reason: RefusalReason
  readonly text: string
}

export function writeHello(to: ByteWriter, hello: Hello): void {
  to.u32(MAGIC)
  to.u16(hello.versionMin)
  to.u16(hello.versionMax)
  to.u64big(hello.cluster)
  to.u64big(hello.sender)
  to.u64big(hello.receiver)
  to.u8(LANES.indexOf(hello.lane))
  to.sizedBytes(utf8Bytes(hello.consensus))
  to.sizedBytes(cutText(utf8Bytes(hello.address.host), HOST_BYTES_MAX))
  to.u16(hello.address.port)
  to.u64(hello.changes)
}

/** Throws `DecodeError`. */
export function readHello(from: ByteReader): Hello {
  checkMagic(from)
  const versionMin = from.u16()
  const versionMax = from.u16()
  const cluster = from.u64big()
  const sender = from.u64big() as NodeId
  const receiver = from.u64big() as NodeId
  const lane = LANES[from.u8()]
  if (versionMin > versionMax) throw from.error('an empty range of versions')
  if (lane === undefined) throw from.error('an unknown lane')
  const consensus = from.remaining === 0 ? FIRST_CONSENSUS : utf8Text(from.sizedBytes())
  const address = from.remaining === 0 ? NOWHERE : { host: utf8Text(from.sizedBytes()), port: from.u16() }
  const changes = from.remaining === 0 ? 0 : from.u64()
  return { versionMin, versionMax, cluster, sender, receiver, lane, consensus, address, changes }
}

export function writeWelcome(to: ByteWriter, welcome: Welcome): void {
  to.u32(MAGIC)
  to.u16(welcome.version)
  to.u64big(welcome.cluster)
  to.u64big(welcome.sender)
}

/** Throws `DecodeError`. */
export function readWelcome(from: ByteReader): Welcome {
  checkMagic(from)
  return { version: from.u16(), cluster: from.u64big(), sender: from.u64big() as NodeId }
}

export function writeRefusal(to: ByteWriter, refusal: Refusal): void {
  to.u32(MAGIC)
  to.u8(REASONS.indexOf(refusal.reason))
  to.sizedBytes(cutText(utf8Bytes(refusal.text), REFUSAL_TEXT_BYTES_MAX))
}

/** Throws `DecodeError`. A reason that a later version invented reads as `protocol`. */
export function readRefusal(from: ByteReader): Refusal {
  checkMagic(from)
  const reason = REASONS[from.u8()] ?? 'protocol'
  return { reason, text: utf8Text(from.sizedBytes()) }
}

function checkMagic(from: ByteReader): void {
  if (from.u32() !== MAGIC) throw new DecodeError('the greeting of something else than a Quorate node')
}

/** Cut between characters: the bytes 0b10xxxxxx continue one. */
function cutText(text: Uint8Array, bytesMax: number): Uint8Array {
  if (text.length <= bytesMax) return text
  let end = bytesMax
  while ((text[end]! & 0xc0) === 0x80) end--
  return text.subarray(0, end)
}

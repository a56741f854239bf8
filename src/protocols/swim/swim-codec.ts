/**
 * Messages as bytes: version, kind, what the kind has, claims up to the end. From outside everything is checked; only
 * `DecodeError` is thrown.
 */
import { type ByteReader, type ByteWriter, varintBytes } from '../../core/bytes.ts'
import { NOBODY, type NodeId } from '../../core/ids.ts'
import { INCARNATION_MAX, META_BYTES_MAX } from './limits.ts'
import { type Claim, STATES } from './member.ts'
import type { SwimMessage } from './message.ts'

const VERSION = 1

/** The order is the format: append only. */
const KINDS: readonly SwimMessage['kind'][] = ['ping', 'ack', 'pingRequest', 'nack', 'sync']

/** Bytes before the claims, at most: version, kind, sequence, target. */
export const HEAD_BYTES_MAX = 18

export function encodeMessage(message: SwimMessage, to: ByteWriter): void {
  to.u8(VERSION)
  to.u8(KINDS.indexOf(message.kind))
  if (message.kind === 'sync') to.u8(message.asks ? 1 : 0)
  else to.varint(message.sequence)
  if (message.kind === 'pingRequest') to.u64big(message.target)
  for (const claim of message.claims) writeClaim(to, claim)
}

/** Reads up to the end. What members tell about themselves is copied: it outlives the packet. */
export function decodeMessage(from: ByteReader): SwimMessage {
  if (from.u8() !== VERSION) throw from.error('unknown version of a message about members')
  const kind = KINDS[from.u8()]
  switch (kind) {
    case undefined:
      throw from.error('unknown kind of message about members')
    case 'sync': {
      const flag = from.u8()
      if (flag > 1) throw from.error('neither yes nor no')
      return { kind, asks: flag === 1, claims: readClaims(from) }
    }
    case 'pingRequest': {
      const sequence = from.varint()
      return { kind, sequence, target: readId(from), claims: readClaims(from) }
    }
    default:
      return { kind, sequence: from.varint(), claims: readClaims(from) }
  }
}

/** How many bytes a claim takes. */
export function claimBytes(claim: Claim): number {
  const common = 9 + varintBytes(claim.incarnation)
  if (claim.state === 'suspect') return common + 8
  if (claim.state !== 'alive') return common
  return common + varintBytes(claim.meta.length) + claim.meta.length
}

function writeClaim(to: ByteWriter, claim: Claim): void {
  to.u8(STATES.indexOf(claim.state))
  to.u64big(claim.id)
  to.varint(claim.incarnation)
  if (claim.state === 'alive') to.sizedBytes(claim.meta)
  if (claim.state === 'suspect') to.u64big(claim.by)
}

function readClaims(from: ByteReader): Claim[] {
  const claims: Claim[] = []
  while (from.remaining > 0) claims.push(readClaim(from))
  return claims
}

function readClaim(from: ByteReader): Claim {
  const state = STATES[from.u8()]
  if (state === undefined) throw from.error('unknown state of a member')
  const id = readId(from)
  const incarnation = from.varint()
  if (incarnation > INCARNATION_MAX) throw from.error('no member has begun anew so often')
  if (state === 'suspect') return { state, id, incarnation, by: readId(from) }
  if (state !== 'alive') return { state, id, incarnation }
  const meta = from.sizedBytes()
  if (meta.length > META_BYTES_MAX) throw from.error('a member tells too much about itself')
  return { state, id, incarnation, meta: meta.slice() }
}

function readId(from: ByteReader): NodeId {
  const id = from.u64big() as NodeId
  if (id === NOBODY) throw from.error('nobody is no member')
  return id
}

/** What travels around the ring, and that it has arrived: version, kind, content. */
import type { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { NOBODY, type NodeId } from '../../core/ids.ts'
import { MEMBERS_MAX } from './limits.ts'

/** Goes from each member to the next. */
export interface RingToken {
  /** `election`: this candidate wants to lead. `elected`: it leads. */
  readonly kind: 'election' | 'elected'
  readonly candidate: NodeId
  /** How often it has been passed on: of one whose candidate has died nobody else would take it off the ring. */
  readonly hops: number
  /** Of the sender, so that it knows what has arrived. */
  readonly sequence: number
}

export type RingMessage = RingToken | { readonly kind: 'arrived'; readonly sequence: number }

const VERSION = 1

/** The order is the format: append only. */
const KINDS: readonly RingMessage['kind'][] = ['election', 'elected', 'arrived']

export function encodeMessage(message: RingMessage, to: ByteWriter): void {
  to.u8(VERSION)
  to.u8(KINDS.indexOf(message.kind))
  to.varint(message.sequence)
  if (message.kind === 'arrived') return
  to.u64big(message.candidate)
  to.varint(message.hops)
}

export function decodeMessage(from: ByteReader): RingMessage {
  if (from.u8() !== VERSION) throw from.error('unknown version of a ring message')
  const kind = KINDS[from.u8()]
  if (kind === undefined) throw from.error('unknown kind of ring message')
  const sequence = from.varint()
  if (kind === 'arrived') return { kind, sequence }
  const candidate = from.u64big() as NodeId
  const hops = from.varint()
  if (candidate === NOBODY || hops > 2 * MEMBERS_MAX) throw from.error('no token looks like this')
  return { kind, candidate, hops, sequence }
}

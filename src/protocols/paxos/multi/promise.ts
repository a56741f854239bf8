/**
 * What a node must not forget: as an acceptor, the ballot that it promised, in all slots at once; and four things of
 * ours: which start this is; what it may have lost and has not asked the others about yet; the floor, up to which
 * it has nothing to say as an acceptor (see `inquiries.ts`); and up to where it knows that its log holds what was
 * chosen, so that a restart need not learn it again.
 */
import { ByteReader, ByteWriter } from '../../../core/bytes.ts'
import type { Ballot, Index } from '../../../core/ids.ts'
import { DOUBTS, type Doubt } from '../../../core/log-update.ts'

export interface Promised {
  /** The highest ballot that this node answered, or used itself: it accepts nothing of a lower one. */
  readonly ballot: Ballot
  /** Names this start among all of the node; makes ids of forwards and reads unique (`replica/incarnation.ts`). */
  readonly incarnation: number
  readonly doubt: Doubt
  /** It may have accepted something in the slots up to here and forgotten it; 0: it has forgotten nothing. */
  readonly floor: Index
}

/** What stands on disk: also how far the log was known to be chosen when it was written. */
export interface Memory extends Promised {
  readonly chosen: Index
}

const FORMAT = 1

export const NOTHING_PROMISED: Memory = {
  ballot: 0 as Ballot,
  incarnation: 0,
  doubt: 'none',
  floor: 0 as Index,
  chosen: 0 as Index,
}

export function encodeMemory(memory: Memory): Uint8Array {
  const to = new ByteWriter(40)
  to.u8(FORMAT)
  to.varint(memory.ballot)
  to.varint(memory.incarnation)
  to.u8(DOUBTS.indexOf(memory.doubt))
  to.varint(memory.floor)
  to.varint(memory.chosen)
  return to.finish()
}

/** Throws `DecodeError`. */
export function decodeMemory(data: Uint8Array): Memory {
  const from = new ByteReader(data)
  if (from.u8() !== FORMAT) throw from.error('unknown format of a Paxos promise')
  const ballot = from.varint() as Ballot
  const incarnation = from.varint()
  const doubt = DOUBTS[from.u8()]
  if (doubt === undefined) throw from.error('unknown doubt')
  const floor = from.varint() as Index
  const chosen = from.varint() as Index
  from.end()
  return { ballot, incarnation, doubt, floor, chosen }
}

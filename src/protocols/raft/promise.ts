/**
 * What a node must not forget (Raft figure 2, "persistent state"): its term and its vote; and three things
 * of ours: which start this is, what it may have lost and has not asked the others about yet, and, after
 * it asked, the position that its log must reach before it may vote (see `inquiries.ts`).
 */
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { type Ballot, type Index, NOBODY, type NodeId } from '../../core/ids.ts'
import { DOUBTS, type Doubt } from '../../core/log-update.ts'

export interface Promised {
  readonly ballot: Ballot
  readonly vote: NodeId
  /** Names this start among all of the node; makes ids of forwards and reads unique (`replica/incarnation.ts`). */
  readonly incarnation: number
  readonly doubt: Doubt
  readonly floor: LogPosition | undefined
}

/** The end of a log, as votes compare it. */
export interface LogPosition {
  readonly ballot: Ballot
  readonly index: Index
}

const FORMAT = 1

/** Flags: the doubt's number, but for its second bit, which came later; and whether there is a floor. */
const DOUBT_LOW = 1
const FLOOR = 2
const DOUBT_HIGH = 4

export const NOTHING_PROMISED: Promised = {
  ballot: 0 as Ballot,
  vote: NOBODY,
  incarnation: 0,
  doubt: 'none',
  floor: undefined,
}

/** Raft §5.4.1: the log with the later last term is more up-to-date; of equal terms, the longer one. */
export function isAtLeast(a: LogPosition, b: LogPosition): boolean {
  return a.ballot > b.ballot || (a.ballot === b.ballot && a.index >= b.index)
}

export function encodePromise(promise: Promised): Uint8Array {
  const to = new ByteWriter(48)
  to.u8(FORMAT)
  to.varint(promise.ballot)
  to.u64big(promise.vote)
  to.varint(promise.incarnation)
  const doubt = DOUBTS.indexOf(promise.doubt)
  to.u8((doubt & 1 ? DOUBT_LOW : 0) | (doubt & 2 ? DOUBT_HIGH : 0) | (promise.floor ? FLOOR : 0))
  if (promise.floor) {
    to.varint(promise.floor.ballot)
    to.varint(promise.floor.index)
  }
  return to.finish()
}

/** Throws `DecodeError`. */
export function decodePromise(data: Uint8Array): Promised {
  const from = new ByteReader(data)
  if (from.u8() !== FORMAT) throw from.error('unknown promise format')
  const ballot = from.varint() as Ballot
  const vote = from.u64big() as NodeId
  const incarnation = from.varint()
  const flags = from.u8()
  if (flags > (DOUBT_LOW | FLOOR | DOUBT_HIGH)) throw from.error('unknown promise flags')
  const doubt = DOUBTS[(flags & DOUBT_LOW ? 1 : 0) | (flags & DOUBT_HIGH ? 2 : 0)]!
  let floor: LogPosition | undefined
  if (flags & FLOOR) {
    const floorBallot = from.varint() as Ballot
    floor = { ballot: floorBallot, index: from.varint() as Index }
  }
  from.end()
  return { ballot, vote, incarnation, doubt, floor }
}

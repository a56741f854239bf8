/**
 * What a node must not forget (Raft figure 2, "persistent state"): its term and its vote; and three things
 * of ours: how often it was started, whether it may have lost acknowledged state and has not asked the others
 * yet, and, after it asked, the position that its log must reach before it may vote (see `inquiry.ts`).
 */
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { type Ballot, type Index, NOBODY, type NodeId } from '../../core/ids.ts'

export interface Promised {
  readonly ballot: Ballot
  readonly vote: NodeId
  /** Counts the starts of this node; makes ids of forwards and reads unique over restarts. */
  readonly incarnation: number
  readonly uncertain: boolean
  readonly floor: LogPosition | undefined
}

/** The end of a log, as votes compare it. */
export interface LogPosition {
  readonly ballot: Ballot
  readonly index: Index
}

const FORMAT = 1

export const NOTHING_PROMISED: Promised = {
  ballot: 0 as Ballot,
  vote: NOBODY,
  incarnation: 0,
  uncertain: false,
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
  to.u8((promise.uncertain ? 1 : 0) | (promise.floor ? 2 : 0))
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
  if (flags > 3) throw from.error('unknown promise flags')
  let floor: LogPosition | undefined
  if (flags & 2) {
    const floorBallot = from.varint() as Ballot
    floor = { ballot: floorBallot, index: from.varint() as Index }
  }
  from.end()
  return { ballot, vote, incarnation, uncertain: (flags & 1) !== 0, floor }
}

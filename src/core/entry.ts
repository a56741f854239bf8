import type { ByteReader, ByteWriter } from './bytes.ts'
import type { Ballot, Index, NodeId, ProposalId } from './ids.ts'
import type { ClusterTime } from './time.ts'

/**
 * One entry of a replicated log: what a consensus protocol agrees on, a log stores and a state machine
 * applies. `origin` and `proposal` say who asked for it, so that the node which did can answer its caller
 * after applying it; they also tell Paxos whether the value chosen is the one that it proposed.
 */
export interface Entry {
  readonly index: Index
  readonly ballot: Ballot
  readonly kind: EntryKind
  readonly time: ClusterTime
  readonly origin: NodeId
  readonly proposal: ProposalId
  /**
   * The ballot in which Multi-Paxos first proposed it: `ballot` is the one in which it was last. Once it is chosen, 0
   * if its leader's time does not count there. Raft has none, nor has what Multi-Paxos wrote before it told.
   */
  readonly born?: Ballot | undefined
  /** The time of that ballot's leader counts from here on: `log-time.ts` of Multi-Paxos. */
  readonly opens?: true | undefined
  /** The command, a configuration, or nothing. The state machine's own format, its version included. */
  readonly data: Uint8Array
}

/** What the base of a log that goes on behind this entry tells as its ballot. */
export function ballotBehind({ born, ballot }: Entry): Ballot {
  return born ?? ballot
}

/** A no-op (a new leader's first entry, a filled gap), a state machine's command, a new membership. */
export type EntryKind = 'noop' | 'command' | 'configuration'

/** The order is the wire and disk format: append only. */
const KINDS: readonly EntryKind[] = ['noop', 'command', 'configuration']

/** Beside the kind: what is told of its birth. */
const KIND_MASK = 0x1f
const OPENS = 0x20
const BORN_IN_BALLOT = 0x40
const BORN_FOLLOWS = 0x80

/** Fixed part of an encoded entry: index, ballot, kind, time, origin, proposal, length of data. */
export const ENTRY_HEADER_BYTES = 8 + 8 + 1 + 8 + 8 + 8 + 4

const BORN_BYTES = 8

/** How many bytes `writeEntry` writes. */
export function entryBytes(entry: Entry): number {
  return ENTRY_HEADER_BYTES + (tellsBirth(entry) ? BORN_BYTES : 0) + entry.data.length
}

function tellsBirth({ born, ballot }: Entry): boolean {
  return born !== undefined && born !== ballot
}

/** One encoding for the log on disk and for messages between peers. */
export function writeEntry(to: ByteWriter, entry: Entry): void {
  to.u64(entry.index)
  to.u64(entry.ballot)
  to.u8(KINDS.indexOf(entry.kind) | birthBits(entry))
  to.u64(entry.time)
  to.u64big(entry.origin)
  to.u64(entry.proposal)
  if (tellsBirth(entry)) to.u64(entry.born!)
  to.u32(entry.data.length)
  to.bytes(entry.data)
}

function birthBits({ born, ballot, opens }: Entry): number {
  if (born === undefined) return 0
  return (born === ballot ? BORN_IN_BALLOT : BORN_FOLLOWS) | (opens ? OPENS : 0)
}

/** Reads what `writeEntry` wrote; `data` is a view of the reader's bytes. Throws `DecodeError`. */
export function readEntry(from: ByteReader): Entry {
  const index = from.u64() as Index
  const ballot = from.u64() as Ballot
  const bits = from.u8()
  const kind = KINDS[bits & KIND_MASK]
  if (kind === undefined) throw from.error('unknown entry kind')
  const time = from.u64() as ClusterTime
  const origin = from.u64big() as NodeId
  const proposal = from.u64() as ProposalId
  const born = readBorn(from, bits, ballot)
  const opens = (bits & OPENS) === 0 ? undefined : true
  const data = from.bytes(from.u32())
  return { index, ballot, kind, time, origin, proposal, born, opens, data }
}

function readBorn(from: ByteReader, bits: number, ballot: Ballot): Ballot | undefined {
  switch (bits & ~KIND_MASK & ~OPENS) {
    case BORN_IN_BALLOT:
      return ballot
    case BORN_FOLLOWS: {
      const born = from.u64() as Ballot
      if (born === ballot) throw from.error('a birth in its own ballot')
      return born
    }
    default:
      if (bits > KIND_MASK) throw from.error('an unknown birth')
      return undefined
  }
}

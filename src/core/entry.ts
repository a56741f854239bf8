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
  /** The command, a configuration, or nothing. The state machine's own format, its version included. */
  readonly data: Uint8Array
}

/** A no-op (a new leader's first entry, a filled gap), a state machine's command, a new membership. */
export type EntryKind = 'noop' | 'command' | 'configuration'

/** The order is the wire and disk format: append only. */
const KINDS: readonly EntryKind[] = ['noop', 'command', 'configuration']

/** Fixed part of an encoded entry: index, ballot, kind, time, origin, proposal, length of data. */
export const ENTRY_HEADER_BYTES = 8 + 8 + 1 + 8 + 8 + 8 + 4

/** How many bytes `writeEntry` writes. */
export function entryBytes(entry: Entry): number {
  return ENTRY_HEADER_BYTES + entry.data.length
}

/** One encoding for the log on disk and for messages between peers. */
export function writeEntry(to: ByteWriter, entry: Entry): void {
  to.u64(entry.index)
  to.u64(entry.ballot)
  to.u8(KINDS.indexOf(entry.kind))
  to.u64(entry.time)
  to.u64big(entry.origin)
  to.u64(entry.proposal)
  to.u32(entry.data.length)
  to.bytes(entry.data)
}

/** Reads what `writeEntry` wrote; `data` is a view of the reader's bytes. Throws `DecodeError`. */
export function readEntry(from: ByteReader): Entry {
  const index = from.u64() as Index
  const ballot = from.u64() as Ballot
  const kind = KINDS[from.u8()]
  if (kind === undefined) throw from.error('unknown entry kind')
  const time = from.u64() as ClusterTime
  const origin = from.u64big() as NodeId
  const proposal = from.u64() as ProposalId
  const data = from.bytes(from.u32())
  return { index, ballot, kind, time, origin, proposal, data }
}

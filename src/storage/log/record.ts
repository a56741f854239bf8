/**
 * What batches consist of: one record per update. An update is never split over two batches, so it survives
 * a crash whole or not at all.
 *
 * A record is a byte of flags, the group (varint), then what the flags name, in this order: the promise
 * (sized bytes), the index to truncate from (varint), the entries (varint count; as `writeEntry` writes
 * them), the base (index, ballot, time as varints, the configuration as sized bytes).
 */
import type { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { ENTRY_HEADER_BYTES, type Entry, readEntry, writeEntry } from '../../core/entry.ts'
import type { Ballot, GroupId, Index } from '../../core/ids.ts'
import { DOUBTS, type Doubt, type LogBase, type LogUpdate } from '../../core/log-update.ts'
import type { ClusterTime } from '../../core/time.ts'

const PROMISE = 1
const TRUNCATE = 2
const WRITES = 4
const BASE = 8
/** A copy of what an earlier segment holds: it says nothing new. */
const CARRIED = 16
/** Only with CARRIED, two bits: the number of the doubt that the group has still to be told. */
const DOUBT = 32
const FLAGS = PROMISE | TRUNCATE | WRITES | BASE | CARRIED | (3 * DOUBT)
/** Instead of all that, less the number of a doubt: from here on every group is in that. */
const DOUBT_RAISED = 256

const GROUP_MAX = 2 ** 32 - 1

export interface UpdateRecord {
  readonly kind: 'update'
  readonly group: GroupId
  /** Bytes are views of the reader's. */
  readonly update: LogUpdate
  /** Where the first entry starts, as an offset of the reader. */
  readonly entriesAt: number
  readonly isCarried: boolean
  /** Of a carried record: what the group has still to be told. */
  readonly doubt: Doubt
}

export type LogRecord = UpdateRecord | { readonly kind: 'doubtRaised'; readonly doubt: Doubt }

/** Returns where the entries start, counted from the writer's last `finish`. */
export function writeUpdate(to: ByteWriter, group: GroupId, update: LogUpdate): number {
  return writeUpdateRecord(to, group, update, 0)
}

/**
 * Writes a group's state into a new segment. The entries that stay where they are are not part of it: those
 * given are copies, already encoded.
 */
export function writeCarried(
  to: ByteWriter,
  group: GroupId,
  carried: { promise: Uint8Array | undefined; base: LogBase | undefined; doubt: Doubt },
  entries: readonly Uint8Array[],
): number {
  const { promise, base, doubt } = carried
  const flags = CARRIED | (DOUBTS.indexOf(doubt) * DOUBT)
  return writeUpdateRecord(to, group, { promise, base }, flags, entries)
}

/** Every group is in this doubt, and has to be told. */
export function writeDoubtRaised(to: ByteWriter, doubt: Doubt): void {
  to.u8(DOUBT_RAISED - DOUBTS.indexOf(doubt))
}

function writeUpdateRecord(
  to: ByteWriter,
  group: GroupId,
  { promise, truncateFrom, writes, base }: LogUpdate,
  carriedFlags: number,
  encoded?: readonly Uint8Array[],
): number {
  const entryCount = (encoded ?? writes)?.length ?? 0
  to.u8(
    carriedFlags |
      (promise === undefined ? 0 : PROMISE) |
      (truncateFrom === undefined ? 0 : TRUNCATE) |
      (entryCount === 0 ? 0 : WRITES) |
      (base === undefined ? 0 : BASE),
  )
  to.varint(group)
  if (promise !== undefined) to.sizedBytes(promise)
  if (truncateFrom !== undefined) to.varint(truncateFrom)
  if (entryCount > 0) to.varint(entryCount)
  const entriesAt = to.length
  if (encoded !== undefined) for (const entry of encoded) to.bytes(entry)
  else if (writes !== undefined) for (const entry of writes) writeEntry(to, entry)
  if (base !== undefined) {
    to.varint(base.index)
    to.varint(base.ballot)
    to.varint(base.time)
    to.sizedBytes(base.configuration)
  }
  return entriesAt
}

/** Throws nothing but `DecodeError`. */
export function readRecord(from: ByteReader): LogRecord {
  const flags = from.u8()
  const raised = DOUBTS[DOUBT_RAISED - flags]
  if (raised !== undefined) return { kind: 'doubtRaised', doubt: raised }
  if ((flags & ~FLAGS) !== 0) throw from.error('unknown record flags')
  const group = from.varint()
  if (group > GROUP_MAX) throw from.error('group id beyond 32 bits')
  const promise = flags & PROMISE ? from.sizedBytes() : undefined
  const truncateFrom = flags & TRUNCATE ? (from.varint() as Index) : undefined
  const count = flags & WRITES ? from.varint() : 0
  if (count * ENTRY_HEADER_BYTES > from.remaining) throw from.error('more entries than bytes')
  const entriesAt = from.offset
  const writes: Entry[] = []
  for (let i = 0; i < count; i++) writes.push(readEntry(from))
  const base = flags & BASE ? readBase(from) : undefined
  return {
    kind: 'update',
    group: group as GroupId,
    update: { promise, truncateFrom, writes: count > 0 ? writes : undefined, base },
    entriesAt,
    isCarried: (flags & CARRIED) !== 0,
    doubt: DOUBTS[(flags / DOUBT) & 3]!,
  }
}

function readBase(from: ByteReader): LogBase {
  const index = from.varint() as Index
  const ballot = from.varint() as Ballot
  const time = from.varint() as ClusterTime
  return { index, ballot, time, configuration: from.sizedBytes() }
}

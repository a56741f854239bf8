/**
 * Multi-Paxos' messages as bytes: a format version, a type, then varints. Entries are encoded as in the log.
 * What is decoded has the shape that the core relies on: slots ascend, what is accepted is of its message's ballot,
 * configurations can be read. Decoding throws nothing but `DecodeError`.
 */
import type { ByteReader, ByteWriter } from '../../../core/bytes.ts'
import { ENTRY_HEADER_BYTES, type Entry, readEntry, writeEntry } from '../../../core/entry.ts'
import type { Ballot, Index } from '../../../core/ids.ts'
import type { Lane } from '../../consensus.ts'
import { readBallot, readFlag, readIndex, writeFlag } from '../../replica/field-codec.ts'
import { readRequest, writeRequest } from '../../replica/request-codec.ts'
import { decodeConfiguration } from './configuration.ts'
import type { PaxosMessage } from './message.ts'
import type { Report } from './report.ts'
import type { Run } from './slot-set.ts'

const FORMAT = 1

/** The order is the wire format: append only. */
const TYPES: readonly PaxosMessage['type'][] = [
  'canvass',
  'canvassed',
  'prepare',
  'promise',
  'rejected',
  'accept',
  'accepted',
  'beat',
  'beatAnswer',
  'chosen',
  'learn',
  'learned',
  'snapshotOffer',
  'handOver',
  'transferRequest',
  'forward',
  'forwardRefused',
  'readRequest',
  'readResponse',
  'readRefused',
  'inquiry',
  'inquiryAnswer',
]

/** What carries entries, or answers what does, takes the data lane; the rest must not wait behind it. */
export function laneOf(message: PaxosMessage): Lane {
  switch (message.type) {
    case 'promise':
    case 'accept':
    case 'accepted':
    case 'chosen':
    case 'learned':
    case 'forward':
    case 'forwardRefused':
    case 'inquiryAnswer':
      return 'data'
    default:
      return 'prompt'
  }
}

export function encodeMessage(message: PaxosMessage, to: ByteWriter): void {
  to.u8(FORMAT)
  to.u8(TYPES.indexOf(message.type))
  to.varint(message.ballot)
  switch (message.type) {
    case 'canvass':
      to.varint(message.incarnation)
      return to.varint(message.chosen)
    case 'canvassed':
      to.varint(message.incarnation)
      writeFlag(to, message.granted)
      return to.varint(message.promised)
    case 'prepare':
      to.varint(message.incarnation)
      to.varint(message.from)
      return writeFlag(to, message.isTransfer)
    case 'promise':
      to.varint(message.incarnation)
      to.varint(message.floor)
      return writeReport(to, message.report)
    case 'rejected':
      to.varint(message.promised)
      return writeFlag(to, message.isLoyal)
    case 'accept':
      to.varint(message.chosen)
      return writeEntries(to, message.entries)
    case 'accepted':
      return writeRuns(to, message.runs)
    case 'beat':
      to.varint(message.chosen)
      return to.varint(message.round)
    case 'beatAnswer':
      to.varint(message.round)
      return to.varint(message.chosen)
    case 'chosen':
      return to.varint(message.chosen)
    case 'learn':
      return to.varint(message.from)
    case 'learned':
      return writeEntries(to, message.entries)
    case 'snapshotOffer':
      return to.varint(message.index)
    case 'handOver':
      return
    case 'inquiry':
      to.varint(message.incarnation)
      return to.varint(message.from)
    case 'inquiryAnswer':
      to.varint(message.incarnation)
      writeFlag(to, message.isCertain)
      writeFlag(to, message.hasBegun)
      to.varint(message.floor)
      to.sizedBytes(message.configuration)
      return writeReport(to, message.report)
    default:
      return writeRequest(to, message)
  }
}

export function decodeMessage(from: ByteReader): PaxosMessage {
  if (from.u8() !== FORMAT) throw from.error('unknown format of a Paxos message')
  const type = TYPES[from.u8()]
  if (type === undefined) throw from.error('unknown type of Paxos message')
  const message = readBody(type, readBallot(from), from)
  from.end()
  return message
}

function readBody(type: PaxosMessage['type'], ballot: Ballot, from: ByteReader): PaxosMessage {
  switch (type) {
    case 'canvass': {
      const incarnation = from.varint()
      return { type, ballot, incarnation, chosen: readIndex(from) }
    }
    case 'canvassed': {
      const incarnation = from.varint()
      const granted = readFlag(from)
      return { type, ballot, incarnation, granted, promised: readBallot(from) }
    }
    case 'prepare': {
      const incarnation = from.varint()
      const first = readIndex(from)
      return { type, ballot, incarnation, from: first, isTransfer: readFlag(from) }
    }
    case 'promise': {
      const incarnation = from.varint()
      const floor = readIndex(from)
      return { type, ballot, incarnation, floor, report: readReport(from) }
    }
    case 'rejected': {
      const promised = readBallot(from)
      return { type, ballot, promised, isLoyal: readFlag(from) }
    }
    case 'accept': {
      const chosen = readIndex(from)
      const entries = readEntries(from)
      if (entries.some(entry => entry.ballot !== ballot)) throw from.error('a proposal of another ballot')
      return { type, ballot, chosen, entries }
    }
    case 'accepted':
      return { type, ballot, runs: readRuns(from) }
    case 'beat': {
      const chosen = readIndex(from)
      return { type, ballot, chosen, round: from.varint() }
    }
    case 'beatAnswer': {
      const round = from.varint()
      return { type, ballot, round, chosen: readIndex(from) }
    }
    case 'chosen':
      return { type, ballot, chosen: readIndex(from) }
    case 'learn':
      return { type, ballot, from: readIndex(from) }
    case 'learned': {
      const entries = readEntries(from)
      const [first] = entries
      if (entries.some((entry, i) => entry.index !== first!.index + i)) throw from.error('a gap')
      return { type, ballot, entries }
    }
    case 'snapshotOffer':
      return { type, ballot, index: readIndex(from) }
    case 'handOver':
      return { type, ballot }
    case 'inquiry': {
      const incarnation = from.varint()
      return { type, ballot, incarnation, from: readIndex(from) }
    }
    case 'inquiryAnswer': {
      const incarnation = from.varint()
      const isCertain = readFlag(from)
      const hasBegun = readFlag(from)
      const floor = readIndex(from)
      const configuration = from.sizedBytes()
      decodeConfiguration(configuration)
      const report = readReport(from)
      return { type, ballot, incarnation, isCertain, hasBegun, floor, configuration, report }
    }
    default:
      return readRequest(type, ballot, from)
  }
}

function writeEntries(to: ByteWriter, entries: readonly Entry[]): void {
  to.varint(entries.length)
  for (const entry of entries) writeEntry(to, entry)
}

/** By slot; gaps are allowed. */
function readEntries(from: ByteReader): Entry[] {
  const count = from.varint()
  if (count * ENTRY_HEADER_BYTES > from.remaining) throw from.error('truncated')
  const entries: Entry[] = []
  let before = 0
  for (let i = 0; i < count; i++) {
    const entry = readEntry(from)
    if (entry.index <= before) throw from.error('slots out of order')
    if (entry.kind === 'configuration' && decodeConfiguration(entry.data).chosenAt !== entry.index)
      throw from.error('a configuration of another slot')
    before = entry.index
    entries.push(entry)
  }
  return entries
}

function writeReport(to: ByteWriter, { chosen, entries, next }: Report): void {
  to.varint(chosen)
  writeEntries(to, entries)
  to.varint(next)
}

function readReport(from: ByteReader): Report {
  const chosen = readIndex(from)
  const entries = readEntries(from)
  const next = readIndex(from)
  if (next !== 0 && next <= (entries.at(-1)?.index ?? 0)) throw from.error('a page that goes back')
  return { chosen, entries, next }
}

function writeRuns(to: ByteWriter, runs: readonly Run[]): void {
  to.varint(runs.length)
  for (const { first, last } of runs) {
    to.varint(first)
    to.varint(last - first)
  }
}

/** Nobody has so many slots open at a time. */
const RUN_SLOTS_MAX = 2 ** 20

function readRuns(from: ByteReader): Run[] {
  const count = from.varint()
  if (count * 2 > from.remaining) throw from.error('truncated')
  return Array.from({ length: count }, () => {
    const first = readIndex(from)
    const more = from.varint()
    if (more > RUN_SLOTS_MAX) throw from.error('more slots than can be open')
    return { first, last: (first + more) as Index }
  })
}

/**
 * Raft's messages as bytes: a format version, a type, then varints. Entries are encoded as in the log.
 * What is decoded has the shape that the core relies on: entries follow each other, configurations are
 * readable, memberships are sorted. Decoding throws nothing but `DecodeError`.
 */
import type { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { ENTRY_HEADER_BYTES, type Entry, readEntry, writeEntry } from '../../core/entry.ts'
import type { Ballot } from '../../core/ids.ts'
import type { LogBase } from '../../core/log-update.ts'
import type { ClusterTime } from '../../core/time.ts'
import type { Lane } from '../consensus.ts'
import { readBallot, readIndex } from '../replica/field-codec.ts'
import { readRequest, writeRequest } from '../replica/request-codec.ts'
import { decodeConfiguration } from './configuration.ts'
import type { Append, RaftMessage } from './message.ts'

const FORMAT = 3

/** The order is the wire format: append only. */
const TYPES: readonly RaftMessage['type'][] = [
  'append',
  'appendAccepted',
  'appendRejected',
  'commit',
  'heartbeat',
  'heartbeatResponse',
  'voteRequest',
  'voteResponse',
  'timeoutNow',
  'transferRequest',
  'snapshotOffer',
  'forward',
  'forwardRefused',
  'readRequest',
  'readResponse',
  'readRefused',
  'inquiry',
  'inquiryResponse',
]

/** What carries the log, or depends on its order, takes the data lane; the rest must not wait behind it. */
export function laneOf(message: RaftMessage): Lane {
  switch (message.type) {
    case 'append':
    case 'appendAccepted':
    case 'appendRejected':
    case 'forward':
    case 'forwardRefused':
    case 'snapshotOffer':
      return 'data'
    default:
      return 'prompt'
  }
}

export function encodeMessage(message: RaftMessage, to: ByteWriter): void {
  to.u8(FORMAT)
  to.u8(TYPES.indexOf(message.type))
  to.varint(message.ballot)
  switch (message.type) {
    case 'append':
      return writeAppend(to, message)
    case 'appendAccepted':
      to.varint(message.epoch)
      to.varint(message.incarnation)
      return to.varint(message.match)
    case 'appendRejected':
      to.varint(message.epoch)
      to.varint(message.incarnation)
      to.varint(message.rejected)
      to.varint(message.hintIndex)
      return to.varint(message.hintBallot)
    case 'commit':
      to.varint(message.commit)
      return to.varint(message.commitBallot)
    case 'heartbeat':
      to.varint(message.commit)
      to.varint(message.commitBallot)
      return to.varint(message.round)
    case 'heartbeatResponse':
      return to.varint(message.round)
    case 'voteRequest':
      to.varint(message.incarnation)
      writeFlags(to, message.pre, message.transfer)
      to.varint(message.lastIndex)
      return to.varint(message.lastBallot)
    case 'voteResponse':
      to.varint(message.requested)
      to.varint(message.incarnation)
      return writeFlags(to, message.pre, message.granted)
    case 'timeoutNow':
      return
    case 'snapshotOffer':
      to.varint(message.epoch)
      return writeBase(to, message.base)
    case 'inquiry':
      to.varint(message.incarnation)
      return writeFlags(to, message.fence, false)
    case 'inquiryResponse':
      to.varint(message.incarnation)
      writeFlags(to, message.certain, message.begun)
      to.varint(message.lastIndex)
      to.varint(message.lastBallot)
      to.varint(message.floor.index)
      to.varint(message.floor.ballot)
      return to.sizedBytes(message.configuration)
    default:
      return writeRequest(to, message)
  }
}

export function decodeMessage(from: ByteReader): RaftMessage {
  if (from.u8() !== FORMAT) throw from.error('unknown message format')
  const type = TYPES[from.u8()]
  if (type === undefined) throw from.error('unknown message type')
  const message = readBody(type, from.varint() as Ballot, from)
  from.end()
  return message
}

function readBody(type: RaftMessage['type'], ballot: Ballot, from: ByteReader): RaftMessage {
  switch (type) {
    case 'append':
      return readAppend(ballot, from)
    case 'appendAccepted': {
      const epoch = from.varint()
      const incarnation = from.varint()
      return { type, ballot, epoch, incarnation, match: readIndex(from) }
    }
    case 'appendRejected': {
      const epoch = from.varint()
      const incarnation = from.varint()
      const rejected = readIndex(from)
      const hintIndex = readIndex(from)
      return { type, ballot, epoch, incarnation, rejected, hintIndex, hintBallot: readBallot(from) }
    }
    case 'commit': {
      const commit = readIndex(from)
      return { type, ballot, commit, commitBallot: readBallot(from) }
    }
    case 'heartbeat': {
      const commit = readIndex(from)
      const commitBallot = readBallot(from)
      return { type, ballot, commit, commitBallot, round: from.varint() }
    }
    case 'heartbeatResponse':
      return { type, ballot, round: from.varint() }
    case 'voteRequest': {
      const incarnation = from.varint()
      const [pre, transfer] = readFlags(from)
      const lastIndex = readIndex(from)
      return { type, ballot, incarnation, pre, transfer, lastIndex, lastBallot: readBallot(from) }
    }
    case 'voteResponse': {
      const requested = readBallot(from)
      const incarnation = from.varint()
      const [pre, granted] = readFlags(from)
      return { type, ballot, requested, incarnation, pre, granted }
    }
    case 'timeoutNow':
      return { type, ballot }
    case 'snapshotOffer': {
      const epoch = from.varint()
      return { type, ballot, epoch, base: readBase(from) }
    }
    case 'inquiry': {
      const incarnation = from.varint()
      const [fence] = readFlags(from)
      return { type, ballot, incarnation, fence }
    }
    case 'inquiryResponse': {
      const incarnation = from.varint()
      const [certain, begun] = readFlags(from)
      const lastIndex = readIndex(from)
      const lastBallot = readBallot(from)
      const floorIndex = readIndex(from)
      const floor = { index: floorIndex, ballot: readBallot(from) }
      const configuration = readConfiguration(from)
      return { type, ballot, incarnation, certain, begun, lastIndex, lastBallot, floor, configuration }
    }
    default:
      return readRequest(type, ballot, from)
  }
}

function writeAppend(to: ByteWriter, message: Append): void {
  to.varint(message.epoch)
  to.varint(message.previousIndex)
  to.varint(message.previousBallot)
  to.varint(message.commit)
  to.varint(message.entries.length)
  for (const entry of message.entries) writeEntry(to, entry)
}

function readAppend(ballot: Ballot, from: ByteReader): Append {
  const epoch = from.varint()
  const previousIndex = readIndex(from)
  const previousBallot = readBallot(from)
  const commit = readIndex(from)
  const count = from.varint()
  if (count * ENTRY_HEADER_BYTES > from.remaining) throw from.error('truncated')
  const entries: Entry[] = []
  let index: number = previousIndex
  let newest: number = previousBallot
  for (let i = 0; i < count; i++) {
    const entry = readEntry(from)
    if (entry.index !== ++index) throw from.error('entries out of order')
    if (entry.ballot < newest || entry.ballot > ballot) throw from.error('terms out of order')
    if (entry.kind === 'configuration') decodeConfiguration(entry.data)
    newest = entry.ballot
    entries.push(entry)
  }
  return { type: 'append', ballot, epoch, previousIndex, previousBallot, commit, entries }
}

function writeBase(to: ByteWriter, base: LogBase): void {
  to.varint(base.index)
  to.varint(base.ballot)
  to.varint(base.time)
  to.sizedBytes(base.configuration)
}

function readBase(from: ByteReader): LogBase {
  const index = readIndex(from)
  const ballot = readBallot(from)
  const time = from.varint() as ClusterTime
  return { index, ballot, time, configuration: readConfiguration(from) }
}

function readConfiguration(from: ByteReader): Uint8Array {
  const configuration = from.sizedBytes()
  decodeConfiguration(configuration)
  return configuration
}

function writeFlags(to: ByteWriter, first: boolean, second: boolean): void {
  to.u8((first ? 1 : 0) | (second ? 2 : 0))
}

function readFlags(from: ByteReader): [boolean, boolean] {
  const flags = from.u8()
  if (flags > 3) throw from.error('unknown flags')
  return [(flags & 1) !== 0, (flags & 2) !== 0]
}

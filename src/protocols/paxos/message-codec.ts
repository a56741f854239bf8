/**
 * The Synod's bytes: messages (version, kind, content), what an acceptor must not forget (the log's *promise*)
 * and the membership (the log's *configuration*). All from outside is checked; only `DecodeError` is thrown.
 */
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { type Entry, readEntry, writeEntry } from '../../core/entry.ts'
import { type Ballot, NOBODY, type NodeId } from '../../core/ids.ts'
import type { Lane, Membership } from '../consensus.ts'
import { MEMBERS_MAX, SEATS_MAX } from './limits.ts'
import type { SynodMessage } from './message.ts'

const VERSION = 1

/** The order is the wire format: append only. */
const KINDS: readonly SynodMessage['kind'][] = [
  'prepare',
  'promise',
  'accept',
  'accepted',
  'rejected',
  'chosen',
  'known',
]

export function encodeMessage(message: SynodMessage, to: ByteWriter): void {
  to.u8(VERSION)
  to.u8(KINDS.indexOf(message.kind))
  switch (message.kind) {
    case 'prepare':
      to.u64(message.ballot)
      break
    case 'promise':
      to.u64(message.ballot)
      to.u8(message.accepted === undefined ? 0 : 1)
      if (message.accepted !== undefined) writeEntry(to, message.accepted)
      break
    case 'accept':
    case 'accepted':
    case 'chosen':
      writeEntry(to, message.proposal)
      break
    case 'rejected':
      to.u64(message.ballot)
      to.u64(message.promised)
      break
    case 'known':
      break
  }
}

export function decodeMessage(from: ByteReader): SynodMessage {
  if (from.u8() !== VERSION) throw from.error('unknown version of a Synod message')
  const kind = KINDS[from.u8()]
  if (kind === undefined) throw from.error('unknown kind of Synod message')
  switch (kind) {
    case 'prepare':
      return { kind, ballot: readBallot(from) }
    case 'promise':
      return readPromise(from)
    case 'accept':
    case 'accepted':
    case 'chosen':
      return { kind, proposal: readProposal(from) }
    case 'rejected':
      return { kind, ballot: readBallot(from), promised: readBallot(from) }
    case 'known':
      return { kind }
  }
}

/** Proposals carry values of any size; the rest must not wait behind them. */
export function messageLane(message: SynodMessage): Lane {
  switch (message.kind) {
    case 'prepare':
    case 'rejected':
    case 'known':
      return 'prompt'
    default:
      return 'data'
  }
}

function readPromise(from: ByteReader): SynodMessage {
  const ballot = readBallot(from)
  if (!readFlag(from)) return { kind: 'promise', ballot, accepted: undefined }
  const accepted = readProposal(from)
  if (accepted.ballot >= ballot) throw from.error('a promise reports proposals numbered less')
  return { kind: 'promise', ballot, accepted }
}

function readBallot(from: ByteReader): Ballot {
  const ballot = from.u64()
  if (ballot < SEATS_MAX) throw from.error('no ballot is that small')
  return ballot as Ballot
}

function readProposal(from: ByteReader): Entry {
  const entry = readEntry(from)
  if (entry.index !== 1) throw from.error('the Synod decides one entry')
  if (entry.ballot < SEATS_MAX) throw from.error('no ballot is that small')
  return entry
}

function readFlag(from: ByteReader): boolean {
  const flag = from.u8()
  if (flag > 1) throw from.error('neither yes nor no')
  return flag === 1
}

/** What a node must not forget beside the proposal that it accepted. */
export interface Memory {
  /** See `Acceptor.promised`. */
  readonly promised: Ballot
  /** The accepted proposal is known to be chosen. */
  readonly isDecided: boolean
  /** The log once lost what may have been acknowledged: this acceptor never votes again. */
  readonly isSilenced: boolean
}

const DECIDED = 1
const SILENCED = 2

export function encodeMemory(memory: Memory): Uint8Array {
  const to = new ByteWriter(10)
  to.u8(VERSION)
  to.u8((memory.isDecided ? DECIDED : 0) | (memory.isSilenced ? SILENCED : 0))
  to.u64(memory.promised)
  return to.finish()
}

/** Throws `DecodeError`. */
export function decodeMemory(bytes: Uint8Array): Memory {
  const from = new ByteReader(bytes)
  if (from.u8() !== VERSION) throw from.error('unknown version of a Synod promise')
  const flags = from.u8()
  const promised = from.u64() as Ballot
  from.end()
  return { promised, isDecided: (flags & DECIDED) !== 0, isSilenced: (flags & SILENCED) !== 0 }
}

/** The membership, sorted, as the log keeps it; see `ConsensusProtocol.bootstrap`. */
export function encodeMembership(membership: Membership): Uint8Array {
  const to = new ByteWriter(64)
  to.u8(VERSION)
  for (const members of [membership.voters, membership.learners]) {
    to.varint(members.length)
    for (const id of members) to.u64big(id)
  }
  return to.finish()
}

/** Throws `DecodeError`. Empty bytes stand for a node that has yet to be told: nobody takes part. */
export function decodeMembership(bytes: Uint8Array): Membership {
  if (bytes.length === 0) return { voters: [], learners: [] }
  const from = new ByteReader(bytes)
  if (from.u8() !== VERSION) throw from.error('unknown version of a Synod membership')
  const voters = readMembers(from)
  const learners = readMembers(from)
  from.end()
  if (voters.length + learners.length > MEMBERS_MAX) throw from.error('too many members')
  if (voters.some(id => learners.includes(id))) throw from.error('both voter and learner')
  return { voters, learners }
}

function readMembers(from: ByteReader): NodeId[] {
  const count = from.varint()
  if (count > MEMBERS_MAX) throw from.error('too many members')
  const members: NodeId[] = []
  for (let previous = NOBODY; members.length < count; previous = members.at(-1)!) {
    const id = from.u64big() as NodeId
    if (id <= previous) throw from.error('members are sorted and none is nobody')
    members.push(id)
  }
  return members
}

/**
 * Messages and records as bytes: version, kind, content. From outside everything is checked; only `DecodeError` is
 * thrown.
 */
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { NOBODY, type NodeId } from '../../core/ids.ts'
import { PARTICIPANTS_MAX } from './limits.ts'
import type { CommitMessage, Standing } from './message.ts'
import type { CommitRecord } from './record.ts'
import type { TransactionId } from './transaction.ts'

const VERSION = 1

/** The orders are the formats: append only. */
const MESSAGES: readonly CommitMessage['kind'][] = [
  'prepare',
  'vote',
  'preCommit',
  'preCommitted',
  'decision',
  'acknowledge',
  'inquiry',
  'standing',
]
const STANDINGS: readonly Standing[] = ['uncertain', 'preCommitted', 'recovering']
const RECORDS: readonly CommitRecord['kind'][] = [
  'prepared',
  'preCommitted',
  'decided',
  'committing',
  'ended',
  'settled',
]

export function encodeMessage(message: CommitMessage, to: ByteWriter): void {
  to.u8(VERSION)
  to.u8(MESSAGES.indexOf(message.kind))
  writeTransaction(to, message.transaction)
  switch (message.kind) {
    case 'prepare':
      writeNodes(to, message.participants)
      to.varint(message.settledBelow)
      to.sizedBytes(message.work)
      break
    case 'vote':
      to.u8(message.isYes ? 1 : 0)
      break
    case 'decision':
      to.u8(message.decision === 'commit' ? 1 : 0)
      break
    case 'inquiry':
      to.u8(message.isPeer ? 1 : 0)
      break
    case 'standing':
      to.u8(STANDINGS.indexOf(message.standing))
      break
  }
}

/** `work` is a view of the reader's bytes. */
export function decodeMessage(from: ByteReader): CommitMessage {
  if (from.u8() !== VERSION) throw from.error('unknown version of a message about commitment')
  const kind = MESSAGES[from.u8()]
  if (kind === undefined) throw from.error('unknown kind of message about commitment')
  const transaction = readTransaction(from)
  switch (kind) {
    case 'prepare': {
      const participants = readNodes(from)
      const settledBelow = from.varint()
      if (settledBelow > transaction.number) throw from.error('settled before it was begun')
      return { kind, transaction, participants, settledBelow, work: from.sizedBytes() }
    }
    case 'vote':
      return { kind, transaction, isYes: readFlag(from) }
    case 'decision':
      return { kind, transaction, decision: readFlag(from) ? 'commit' : 'abort' }
    case 'inquiry':
      return { kind, transaction, isPeer: readFlag(from) }
    case 'standing': {
      const standing = STANDINGS[from.u8()]
      if (standing === undefined) throw from.error('unknown standing')
      return { kind, transaction, standing }
    }
    default:
      return { kind, transaction }
  }
}

export function encodeRecord(record: CommitRecord): Uint8Array {
  const to = new ByteWriter(64)
  to.u8(VERSION)
  to.u8(RECORDS.indexOf(record.kind))
  writeTransaction(to, record.transaction)
  if (record.kind === 'prepared' || record.kind === 'committing') writeNodes(to, record.participants)
  if (record.kind === 'prepared') to.bytes(record.work)
  if (record.kind === 'decided') to.u8(record.decision === 'commit' ? 1 : 0)
  return to.finish()
}

export function decodeRecord(bytes: Uint8Array): CommitRecord {
  const from = new ByteReader(bytes)
  if (from.u8() !== VERSION) throw from.error('unknown version of a record of commitment')
  const kind = RECORDS[from.u8()]
  if (kind === undefined) throw from.error('unknown kind of record of commitment')
  const transaction = readTransaction(from)
  const record = readRest(from, kind, transaction)
  from.end()
  return record
}

function readRest(from: ByteReader, kind: CommitRecord['kind'], transaction: TransactionId): CommitRecord {
  switch (kind) {
    case 'prepared': {
      const participants = readNodes(from)
      return { kind, transaction, participants, work: from.bytes(from.remaining) }
    }
    case 'committing':
      return { kind, transaction, participants: readNodes(from) }
    case 'decided':
      return { kind, transaction, decision: readFlag(from) ? 'commit' : 'abort' }
    default:
      return { kind, transaction }
  }
}

function writeTransaction(to: ByteWriter, { coordinator, number }: TransactionId): void {
  to.u64big(coordinator)
  to.varint(number)
}

function readTransaction(from: ByteReader): TransactionId {
  const coordinator = from.u64big() as NodeId
  const number = from.varint()
  if (coordinator === NOBODY || number === 0) throw from.error('no transaction is named so')
  return { coordinator, number }
}

function writeNodes(to: ByteWriter, nodes: readonly NodeId[]): void {
  to.varint(nodes.length)
  for (const node of nodes) to.u64big(node)
}

function readNodes(from: ByteReader): NodeId[] {
  const count = from.varint()
  if (count === 0 || count > PARTICIPANTS_MAX) throw from.error('no such number of participants')
  const nodes: NodeId[] = []
  for (let i = 0; i < count; i++) {
    const node = from.u64big() as NodeId
    if (node <= (nodes.at(-1) ?? NOBODY)) throw from.error('participants out of order')
    nodes.push(node)
  }
  return nodes
}

function readFlag(from: ByteReader): boolean {
  const flag = from.u8()
  if (flag > 1) throw from.error('neither yes nor no')
  return flag === 1
}

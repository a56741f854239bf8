/**
 * Requests to a leader and its answers as bytes, the same in every protocol, but for the type and the ballot, with
 * which every message begins. Decoding throws nothing but `DecodeError`.
 */
import type { ByteReader, ByteWriter } from '../../core/bytes.ts'
import type { Ballot, NodeId, ProposalId } from '../../core/ids.ts'
import type { Objection } from '../consensus.ts'
import { readIndex } from './field-codec.ts'
import type { Change, ForwardedProposal, RequestMessage } from './request.ts'

/** The order is the wire format: append only. */
const OBJECTIONS: readonly Objection[] = ['busy', 'outdated', 'behind', 'invalid']

const CHANGES = 1
const HAS_BASIS = 2

export function writeRequest(to: ByteWriter, message: RequestMessage): void {
  if (message.type === 'transferRequest') return to.u64big(message.to)
  to.varint(message.incarnation)
  to.varint(message.sequence)
  switch (message.type) {
    case 'forward':
      return writeForwarded(to, message.proposals)
    case 'forwardRefused':
      return writeObjection(to, message.objection)
    case 'readResponse':
      return to.varint(message.index)
    case 'readRequest':
    case 'readRefused':
      return
  }
}

export function readRequest(type: RequestMessage['type'], ballot: Ballot, from: ByteReader): RequestMessage {
  if (type === 'transferRequest') return { type, ballot, to: from.u64big() as NodeId }
  const incarnation = from.varint()
  const sequence = from.varint()
  switch (type) {
    case 'forward':
      return { type, ballot, incarnation, sequence, proposals: readForwarded(from) }
    case 'forwardRefused':
      return { type, ballot, incarnation, sequence, objection: readObjection(from) }
    case 'readResponse':
      return { type, ballot, incarnation, sequence, index: readIndex(from) }
    case 'readRequest':
    case 'readRefused':
      return { type, ballot, incarnation, sequence }
  }
}

function writeForwarded(to: ByteWriter, proposals: readonly ForwardedProposal[]): void {
  to.varint(proposals.length)
  for (const { id, command, change } of proposals) {
    to.varint(id)
    to.sizedBytes(command)
    to.u8((change === undefined ? 0 : CHANGES) | (change?.basis === undefined ? 0 : HAS_BASIS))
    if (change === undefined) continue
    if (change.basis !== undefined) to.varint(change.basis)
    writeIds(to, change.membership.voters)
    writeIds(to, change.membership.learners)
  }
}

function readForwarded(from: ByteReader): ForwardedProposal[] {
  const count = from.varint()
  if (count * 3 > from.remaining) throw from.error('truncated')
  const proposals: ForwardedProposal[] = []
  for (let i = 0; i < count; i++) {
    const id = from.varint() as ProposalId
    const command = from.sizedBytes()
    const flags = from.u8()
    if (flags > (CHANGES | HAS_BASIS)) throw from.error('unknown flags')
    const changes = (flags & CHANGES) !== 0
    if (changes && count > 1) throw from.error('a change of configuration is forwarded alone')
    const change = changes ? readChange(from, (flags & HAS_BASIS) !== 0) : undefined
    proposals.push({ id, command, change })
  }
  return proposals
}

function writeObjection(to: ByteWriter, objection: Objection): void {
  to.u8(OBJECTIONS.indexOf(objection))
}

function readObjection(from: ByteReader): Objection {
  const objection = OBJECTIONS[from.u8()]
  if (objection === undefined) throw from.error('unknown objection')
  return objection
}

function readChange(from: ByteReader, isBased: boolean): Change {
  const basis = isBased ? from.varint() : undefined
  const voters = readIds(from)
  return { membership: { voters, learners: readIds(from) }, basis }
}

function writeIds(to: ByteWriter, ids: readonly NodeId[]): void {
  to.varint(ids.length)
  for (const id of ids) to.u64big(id)
}

function readIds(from: ByteReader): NodeId[] {
  const count = from.varint()
  if (count * 8 > from.remaining) throw from.error('truncated')
  return Array.from({ length: count }, () => from.u64big() as NodeId)
}

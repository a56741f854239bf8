/** Requests to a leader as bytes, the same in every protocol. Decoding throws nothing but `DecodeError`. */
import type { ByteReader, ByteWriter } from '../../core/bytes.ts'
import type { NodeId, ProposalId } from '../../core/ids.ts'
import type { Objection } from '../consensus.ts'
import type { Change, ForwardedProposal } from './request.ts'

/** The order is the wire format: append only. */
const OBJECTIONS: readonly Objection[] = ['busy', 'outdated', 'behind', 'invalid']

const CHANGES = 1
const HAS_BASIS = 2

export function writeForwarded(to: ByteWriter, proposals: readonly ForwardedProposal[]): void {
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

export function readForwarded(from: ByteReader): ForwardedProposal[] {
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

export function writeObjection(to: ByteWriter, objection: Objection): void {
  to.u8(OBJECTIONS.indexOf(objection))
}

export function readObjection(from: ByteReader): Objection {
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

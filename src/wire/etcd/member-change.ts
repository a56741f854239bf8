/**
 * Messages of the Cluster service that change who the members are: MemberAdd, MemberRemove, MemberUpdate and
 * MemberPromote. But for the first, the responses are those of MemberList.
 */
import { type Member, readMember, writeMember } from './cluster.ts'
import {
  NO_HEADER,
  type ResponseHeader,
  type ResponseHeaderParts,
  readHeader,
  writeHeader,
} from './header.ts'
import { bytesTag, type ProtobufReader, varintTag } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

export interface MemberAddRequest {
  readonly peerUrls: readonly string[]
  readonly isLearner: boolean
  /** An extension of ours, which etcd passes over: the learner votes as soon as it has caught up. */
  readonly isToVote: boolean
}

export interface MemberAddResponse {
  readonly header: ResponseHeader
  readonly member: Member
  readonly members: readonly Member[]
}

export interface MemberUpdateRequest {
  readonly id: bigint
  readonly peerUrls: readonly string[]
}

/** Of MemberRemove and MemberPromote. */
export interface MemberIdRequest {
  readonly id: bigint
}

/** Far from the numbers that etcd gives. */
const TO_VOTE_FIELD = 1001

const NO_ADDITION: MemberAddRequest = { peerUrls: [], isLearner: false, isToVote: false }

export function readMemberAddRequest(
  from: ProtobufReader,
  before: MemberAddRequest = NO_ADDITION,
): MemberAddRequest {
  let { isLearner, isToVote } = before
  const peerUrls = [...before.peerUrls]
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) peerUrls.push(from.string())
    else if (tag === varintTag(2)) isLearner = from.bool()
    else if (tag === varintTag(TO_VOTE_FIELD)) isToVote = from.bool()
    else from.skip(tag)
  }
  return { peerUrls, isLearner, isToVote }
}

export function writeMemberAddRequest(to: ProtobufWriter, request: MemberAddRequest): void {
  to.strings(1, request.peerUrls)
  to.bool(2, request.isLearner)
  to.bool(TO_VOTE_FIELD, request.isToVote)
}

export function writeMemberAddResponse(
  to: ProtobufWriter,
  header: ResponseHeaderParts,
  member: Member,
  members: readonly Member[],
): void {
  writeHeader(to, header)
  writeMember(to, 2, member)
  for (const each of members) writeMember(to, 3, each)
}

const NOBODY: Member = { id: 0n, name: '', peerUrls: [], clientUrls: [], isLearner: false }

export function readMemberAddResponse(
  from: ProtobufReader,
  before: MemberAddResponse = { header: NO_HEADER, member: NOBODY, members: [] },
): MemberAddResponse {
  let { header, member } = before
  const members = [...before.members]
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) header = from.message(readHeader, header)
    else if (tag === bytesTag(2)) member = from.message(readMember, member)
    else if (tag === bytesTag(3)) members.push(from.message(readMember))
    else from.skip(tag)
  }
  return { header, member, members }
}

export function readMemberUpdateRequest(
  from: ProtobufReader,
  before: MemberUpdateRequest = { id: 0n, peerUrls: [] },
): MemberUpdateRequest {
  let { id } = before
  const peerUrls = [...before.peerUrls]
  while (from.more()) {
    const tag = from.tag()
    if (tag === varintTag(1)) id = from.uint64big()
    else if (tag === bytesTag(2)) peerUrls.push(from.string())
    else from.skip(tag)
  }
  return { id, peerUrls }
}

export function writeMemberUpdateRequest(to: ProtobufWriter, request: MemberUpdateRequest): void {
  to.int64big(1, request.id)
  to.strings(2, request.peerUrls)
}

export function readMemberIdRequest(
  from: ProtobufReader,
  before: MemberIdRequest = { id: 0n },
): MemberIdRequest {
  let { id } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === varintTag(1)) id = from.uint64big()
    else from.skip(tag)
  }
  return { id }
}

export function writeMemberIdRequest(to: ProtobufWriter, request: MemberIdRequest): void {
  to.int64big(1, request.id)
}

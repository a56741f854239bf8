/** Messages of the Cluster service: MemberList. */
import {
  NO_HEADER,
  type ResponseHeader,
  type ResponseHeaderParts,
  readHeader,
  writeHeader,
} from './header.ts'
import { bytesTag, type ProtobufReader, varintTag } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

export interface Member {
  readonly id: bigint
  /** Empty until the member has started for the first time. */
  readonly name: string
  readonly peerUrls: readonly string[]
  readonly clientUrls: readonly string[]
  readonly isLearner: boolean
}

export interface MemberListRequest {
  readonly linearizable: boolean
}

export interface MemberListResponse {
  readonly header: ResponseHeader
  readonly members: readonly Member[]
}

export function readMemberListRequest(
  from: ProtobufReader,
  before: MemberListRequest = { linearizable: false },
): MemberListRequest {
  let { linearizable } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === varintTag(1)) linearizable = from.bool()
    else from.skip(tag)
  }
  return { linearizable }
}

export function writeMemberListRequest(to: ProtobufWriter, request: MemberListRequest): void {
  to.bool(1, request.linearizable)
}

export function writeMemberListResponse(
  to: ProtobufWriter,
  header: ResponseHeaderParts,
  members: readonly Member[],
): void {
  writeHeader(to, header)
  for (const member of members) writeMember(to, 2, member)
}

export function readMemberListResponse(
  from: ProtobufReader,
  before: MemberListResponse = { header: NO_HEADER, members: [] },
): MemberListResponse {
  let { header } = before
  const members = [...before.members]
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) header = from.message(readHeader, header)
    else if (tag === bytesTag(2)) members.push(from.message(readMember))
    else from.skip(tag)
  }
  return { header, members }
}

export function writeMember(to: ProtobufWriter, field: number, member: Member): void {
  const start = to.begin(field)
  to.int64big(1, member.id)
  to.string(2, member.name)
  to.strings(3, member.peerUrls)
  to.strings(4, member.clientUrls)
  to.bool(5, member.isLearner)
  to.end(start)
}

const NOBODY: Member = { id: 0n, name: '', peerUrls: [], clientUrls: [], isLearner: false }

export function readMember(from: ProtobufReader, before: Member = NOBODY): Member {
  let { id, name, isLearner } = before
  const peerUrls = [...before.peerUrls]
  const clientUrls = [...before.clientUrls]
  while (from.more()) {
    const tag = from.tag()
    switch (tag) {
      case varintTag(1):
        id = from.uint64big()
        break
      case bytesTag(2):
        name = from.string()
        break
      case bytesTag(3):
        peerUrls.push(from.string())
        break
      case bytesTag(4):
        clientUrls.push(from.string())
        break
      case varintTag(5):
        isLearner = from.bool()
        break
      default:
        from.skip(tag)
    }
  }
  return { id, name, peerUrls, clientUrls, isLearner }
}

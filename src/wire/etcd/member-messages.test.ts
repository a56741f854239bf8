/** Messages of the Cluster service and of MoveLeader against the oracle. */
import fc from 'fast-check'
import type { Member } from './cluster.ts'
import {
  type MemberAddRequest,
  type MemberUpdateRequest,
  readMemberAddRequest,
  readMemberAddResponse,
  readMemberIdRequest,
  readMemberUpdateRequest,
  writeMemberAddRequest,
  writeMemberAddResponse,
  writeMemberIdRequest,
  writeMemberUpdateRequest,
} from './member-change.ts'
import { conform, messageCase, parts } from './message-case.conformance.ts'
import { readMoveLeaderRequest, writeMoveLeaderRequest } from './move-leader.ts'
import { header, headerInit, text, uint64 } from './random-messages.conformance.ts'

const texts = fc.array(text, { maxLength: 3 })
const member: fc.Arbitrary<Member> = fc.record({
  id: uint64,
  name: text,
  peerUrls: texts,
  clientUrls: texts,
  isLearner: fc.boolean(),
})
const memberInit = ({ id, name, peerUrls, clientUrls, isLearner }: Member) => ({
  ID: id,
  name,
  peerURLs: peerUrls,
  clientURLs: clientUrls,
  isLearner,
})

const onlyId = (name: string) =>
  messageCase({
    name,
    arbitrary: fc.record({ id: uint64 }),
    init: ({ id }) => ({ ID: id }),
    write: writeMemberIdRequest,
    read: from => readMemberIdRequest(from),
  })

conform([
  messageCase({
    name: 'MemberAddRequest',
    arbitrary: fc.record<MemberAddRequest>({
      peerUrls: texts,
      isLearner: fc.boolean(),
      isToVote: fc.boolean(),
    }),
    init: ({ peerUrls, isLearner, isToVote }) => ({ peerURLs: peerUrls, isLearner, quorateToVote: isToVote }),
    write: writeMemberAddRequest,
    read: from => readMemberAddRequest(from),
  }),
  messageCase({
    name: 'MemberAddResponse',
    arbitrary: fc.record({ header, member, members: fc.array(member, { maxLength: 4 }) }),
    init: ({ header, member, members }) => ({
      header: headerInit(header),
      member: memberInit(member),
      members: members.map(memberInit),
    }),
    write: (to, { header, member, members }) => writeMemberAddResponse(to, parts(header), member, members),
    read: from => {
      const { header, member, members } = readMemberAddResponse(from)
      return { header, member, members: [...members] }
    },
  }),
  onlyId('MemberRemoveRequest'),
  messageCase({
    name: 'MemberUpdateRequest',
    arbitrary: fc.record<MemberUpdateRequest>({ id: uint64, peerUrls: texts }),
    init: ({ id, peerUrls }) => ({ ID: id, peerURLs: peerUrls }),
    write: writeMemberUpdateRequest,
    read: from => readMemberUpdateRequest(from),
  }),
  onlyId('MemberPromoteRequest'),
  messageCase({
    name: 'MoveLeaderRequest',
    arbitrary: fc.record({ targetId: uint64 }),
    init: ({ targetId }) => ({ targetID: targetId }),
    write: writeMoveLeaderRequest,
    read: from => readMoveLeaderRequest(from),
  }),
])

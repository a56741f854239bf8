/** Messages of the Lock and Election services against the oracle. */
import fc from 'fast-check'
import {
  type CampaignRequest,
  type CampaignResponse,
  type LeaderKey,
  type LeaderRequest,
  type LeaderResponse,
  type ProclaimRequest,
  type ResignRequest,
  readCampaignRequest,
  readCampaignResponse,
  readLeaderRequest,
  readLeaderResponse,
  readProclaimRequest,
  readResignRequest,
  writeCampaignRequest,
  writeCampaignResponse,
  writeLeaderRequest,
  writeLeaderResponse,
  writeProclaimRequest,
  writeResignRequest,
} from './election.ts'
import {
  type LockRequest,
  type LockResponse,
  readLockRequest,
  readLockResponse,
  readUnlockRequest,
  type UnlockRequest,
  writeLockRequest,
  writeLockResponse,
  writeUnlockRequest,
} from './lock.ts'
import { conform, messageCase, parts } from './message-case.conformance.ts'
import {
  big,
  bytes,
  header,
  headerInit,
  int64,
  keyValue,
  kvInit,
  lease,
} from './random-messages.conformance.ts'

const leaderKey: fc.Arbitrary<LeaderKey> = fc.record({ name: bytes, key: bytes, revision: int64, lease })
const leaderKeyInit = ({ revision, ...same }: LeaderKey) => ({ ...same, rev: big(revision) })
const maybeLeader = fc.option(leaderKey, { nil: undefined })
const maybeLeaderInit = (leader: LeaderKey | undefined) =>
  leader === undefined ? {} : { leader: leaderKeyInit(leader) }

conform([
  messageCase<LockRequest>({
    name: 'LockRequest',
    arbitrary: fc.record({ name: bytes, lease }),
    init: request => request,
    write: writeLockRequest,
    read: from => readLockRequest(from),
  }),
  messageCase<LockResponse>({
    name: 'LockResponse',
    arbitrary: fc.record({ header, key: bytes }),
    init: ({ header, key }) => ({ header: headerInit(header), key }),
    write: (to, { header, key }) => writeLockResponse(to, parts(header), key),
    read: from => readLockResponse(from),
  }),
  messageCase<UnlockRequest>({
    name: 'UnlockRequest',
    arbitrary: fc.record({ key: bytes }),
    init: request => request,
    write: writeUnlockRequest,
    read: from => readUnlockRequest(from),
  }),
  messageCase<CampaignRequest>({
    name: 'CampaignRequest',
    arbitrary: fc.record({ name: bytes, lease, value: bytes }),
    init: request => request,
    write: writeCampaignRequest,
    read: from => readCampaignRequest(from),
  }),
  messageCase<CampaignResponse>({
    name: 'CampaignResponse',
    arbitrary: fc.record({ header, leader: leaderKey }),
    init: ({ header, leader }) => ({ header: headerInit(header), leader: leaderKeyInit(leader) }),
    write: (to, { header, leader }) => writeCampaignResponse(to, parts(header), leader),
    read: from => readCampaignResponse(from),
  }),
  messageCase<LeaderRequest>({
    name: 'LeaderRequest',
    arbitrary: fc.record({ name: bytes }),
    init: request => request,
    write: writeLeaderRequest,
    read: from => readLeaderRequest(from),
  }),
  messageCase<LeaderResponse>({
    name: 'LeaderResponse',
    arbitrary: fc.record({ header, kv: keyValue }),
    init: ({ header, kv }) => ({ header: headerInit(header), kv: kvInit(kv) }),
    write: (to, { header, kv }) => writeLeaderResponse(to, parts(header), kv),
    read: from => readLeaderResponse(from),
  }),
  messageCase<ProclaimRequest>({
    name: 'ProclaimRequest',
    arbitrary: fc.record({ leader: maybeLeader, value: bytes }),
    init: ({ leader, value }) => ({ ...maybeLeaderInit(leader), value }),
    write: writeProclaimRequest,
    read: from => readProclaimRequest(from),
  }),
  messageCase<ResignRequest>({
    name: 'ResignRequest',
    arbitrary: fc.record({ leader: maybeLeader }),
    init: ({ leader }) => maybeLeaderInit(leader),
    write: writeResignRequest,
    read: from => readResignRequest(from),
  }),
])

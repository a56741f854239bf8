/** Messages against the oracle, for random contents; those of watches are in a file of their own. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Member,
  readMemberListRequest,
  readMemberListResponse,
  writeMemberListRequest,
  writeMemberListResponse,
} from './cluster.ts'
import { readCompactionRequest, writeCompactionRequest } from './compaction.ts'
import {
  readDeleteRangeRequest,
  readDeleteRangeResponse,
  writeDeleteRangeRequest,
  writeDeleteRangeResponse,
} from './delete-range.ts'
import { type ResponseHeader, readHeaderResponse, writeHeader } from './header.ts'
import {
  readHashKvRequest,
  readHashKvResponse,
  readStatusResponse,
  writeHashKvRequest,
  writeHashKvResponse,
  writeStatusResponse,
} from './maintenance.ts'
import { conform, messageCase, parts } from './message-case.conformance.ts'
import { oracleBytes } from './oracle.conformance.ts'
import { decode } from './protobuf-reader.ts'
import { readPutRequest, readPutResponse, writePutRequest, writePutResponse } from './put.ts'
import {
  big,
  deleteRange,
  deleteResponse,
  deleteResponseInit,
  header,
  headerInit,
  int64,
  natural,
  none,
  put,
  putResponse,
  putResponseInit,
  range,
  rangeInit,
  rangeResponse,
  rangeResponseInit,
  text,
  txn,
  txnInit,
  txnResponse,
  txnResponseInit,
  uint64,
} from './random-messages.conformance.ts'
import { readRangeRequest, readRangeResponse, writeRangeRequest, writeRangeResponse } from './range.ts'
import { readSnapshotResponse, writeSnapshotResponse } from './snapshot.ts'
import { readTxnRequest, writeTxnRequest } from './txn-request.ts'
import {
  type OperationOutcome,
  type ResponseOp,
  readTxnResponse,
  type TxnOutcome,
  type TxnResponse,
  writeTxnResponse,
} from './txn-response.ts'

// --- Responses are written from outcomes; a response that was read holds one ---

const outcome = <T extends { header: ResponseHeader }>(response: T) => ({
  ...response,
  revision: response.header.revision,
})
function txnOutcome({ header, succeeded, responses }: TxnResponse): TxnOutcome {
  return { revision: header.revision, succeeded, responses: responses.map(operationOutcome) }
}
function operationOutcome(op: ResponseOp): OperationOutcome {
  switch (op.kind) {
    case 'range':
      return { kind: 'range', range: outcome(op.range) }
    case 'put':
      return { kind: 'put', put: outcome(op.put) }
    case 'deleteRange':
      return { kind: 'deleteRange', deleteRange: outcome(op.deleteRange) }
    case 'txn':
      return { kind: 'txn', txn: txnOutcome(op.txn) }
    case 'none':
      throw new Error('a server answers every operation')
  }
}

// --- The messages ---

const same = <M extends object>(message: M): object => message
const member: fc.Arbitrary<Member> = fc.record({
  id: uint64,
  name: text,
  peerUrls: fc.array(text, { maxLength: 3 }),
  clientUrls: fc.array(text, { maxLength: 3 }),
  isLearner: fc.boolean(),
})

const CASES = [
  messageCase({
    name: 'RangeRequest',
    arbitrary: range,
    init: rangeInit,
    write: writeRangeRequest,
    read: readRangeRequest,
  }),
  messageCase({
    name: 'PutRequest',
    arbitrary: put,
    init: same,
    write: writePutRequest,
    read: readPutRequest,
  }),
  messageCase({
    name: 'DeleteRangeRequest',
    arbitrary: deleteRange,
    init: same,
    write: writeDeleteRangeRequest,
    read: readDeleteRangeRequest,
  }),
  messageCase({
    name: 'TxnRequest',
    arbitrary: txn,
    init: txnInit,
    write: writeTxnRequest,
    read: readTxnRequest,
  }),
  messageCase({
    name: 'RangeResponse',
    arbitrary: rangeResponse,
    init: rangeResponseInit,
    write: (to, response) => writeRangeResponse(to, parts(response.header), outcome(response)),
    read: from => readRangeResponse(from),
  }),
  messageCase({
    name: 'PutResponse',
    arbitrary: putResponse,
    init: putResponseInit,
    write: (to, response) => writePutResponse(to, parts(response.header), outcome(response)),
    read: from => readPutResponse(from),
  }),
  messageCase({
    name: 'DeleteRangeResponse',
    arbitrary: deleteResponse,
    init: deleteResponseInit,
    write: (to, response) => writeDeleteRangeResponse(to, parts(response.header), outcome(response)),
    read: from => readDeleteRangeResponse(from),
  }),
  messageCase({
    name: 'TxnResponse',
    arbitrary: txnResponse,
    init: txnResponseInit,
    write: (to, response) => writeTxnResponse(to, parts(response.header), txnOutcome(response)),
    read: from => readTxnResponse(from),
  }),
  messageCase({
    name: 'CompactionRequest',
    arbitrary: fc.record({ revision: int64, physical: fc.boolean() }),
    init: ({ revision, physical }) => ({ revision: big(revision), physical }),
    write: writeCompactionRequest,
    read: from => readCompactionRequest(from),
  }),
  messageCase({
    name: 'CompactionResponse',
    arbitrary: fc.record({ header }),
    init: ({ header }) => ({ header: headerInit(header) }),
    write: (to, { header }) => writeHeader(to, parts(header)),
    read: from => readHeaderResponse(from),
  }),
  messageCase({
    name: 'StatusResponse',
    arbitrary: fc.record({
      header,
      version: text,
      dbSize: natural,
      leader: uint64,
      raftIndex: natural,
      raftTerm: natural,
      raftAppliedIndex: natural,
      errors: fc.array(text, { maxLength: 3 }),
      dbSizeInUse: natural,
      isLearner: fc.boolean(),
      storageVersion: text,
      consensus: fc.constant<string>(''),
      dbSizeQuota: natural,
      downgradeInfo: fc.option(fc.record({ enabled: fc.boolean(), targetVersion: text }), { nil: undefined }),
    }),
    init: ({ downgradeInfo, ...status }) => ({
      ...status,
      header: headerInit(status.header),
      dbSize: big(status.dbSize),
      raftIndex: big(status.raftIndex),
      raftTerm: big(status.raftTerm),
      raftAppliedIndex: big(status.raftAppliedIndex),
      dbSizeInUse: big(status.dbSizeInUse),
      dbSizeQuota: big(status.dbSizeQuota),
      ...(downgradeInfo === undefined ? {} : { downgradeInfo }),
    }),
    write: (to, status) => writeStatusResponse(to, parts(status.header), status),
    read: from => {
      const { errors, ...status } = readStatusResponse(from)
      return { ...status, errors: [...errors] }
    },
  }),
  messageCase({
    name: 'HashKVRequest',
    arbitrary: fc.record({ revision: int64 }),
    init: ({ revision }) => ({ revision: big(revision) }),
    write: writeHashKvRequest,
    read: from => readHashKvRequest(from),
  }),
  messageCase({
    name: 'HashKVResponse',
    arbitrary: fc.record({ header, hash: fc.nat(2 ** 32 - 1), compactRevision: int64, hashRevision: int64 }),
    init: ({ header, hash, compactRevision, hashRevision }) => ({
      header: headerInit(header),
      hash,
      compactRevision: big(compactRevision),
      hashRevision: big(hashRevision),
    }),
    write: (to, response) => writeHashKvResponse(to, parts(response.header), response),
    read: from => readHashKvResponse(from),
  }),
  messageCase({
    name: 'SnapshotResponse',
    arbitrary: fc.record({
      header,
      remainingBytes: natural,
      blob: fc.uint8Array() as fc.Arbitrary<Uint8Array>,
      version: text,
    }),
    init: ({ header, remainingBytes, ...rest }) => ({
      header: headerInit(header),
      remainingBytes: big(remainingBytes),
      ...rest,
    }),
    write: (to, response) => writeSnapshotResponse(to, parts(response.header), response),
    read: from => readSnapshotResponse(from),
  }),
  messageCase({
    name: 'MemberListRequest',
    arbitrary: fc.record({ linearizable: fc.boolean() }),
    init: same,
    write: writeMemberListRequest,
    read: from => readMemberListRequest(from),
  }),
  messageCase({
    name: 'MemberListResponse',
    arbitrary: fc.record({ header, members: fc.array(member, { maxLength: 4 }) }),
    init: ({ header, members }) => ({
      header: headerInit(header),
      members: members.map(({ id, name, peerUrls, clientUrls, isLearner }) => ({
        ID: id,
        name,
        peerURLs: peerUrls,
        clientURLs: clientUrls,
        isLearner,
      })),
    }),
    write: (to, { header, members }) => writeMemberListResponse(to, parts(header), members),
    read: from => {
      const { header, members } = readMemberListResponse(from)
      return { header, members: [...members] }
    },
  }),
]

conform(CASES)

describe('Compare', () => {
  const union = (target: number, member: object) =>
    decode(
      oracleBytes('TxnRequest', { compare: [{ target, key: none, targetUnion: member }] }),
      readTxnRequest,
    ).compare[0]!

  test('compares with the default when the union speaks of another target', () => {
    expect(union(2, { case: 'version', value: 7n })).toMatchObject({ target: 2, number: 0 })
    expect(union(3, { case: 'lease', value: 7n })).toMatchObject({ target: 3, lease: 0n, value: none })
    expect(union(0, { case: 'version', value: 7n })).toMatchObject({ target: 0, number: 7 })
  })

  test('takes the last member of the union that was set', () => {
    const twice = new Uint8Array([0x0a, 6, 0x10, 0, 0x20, 5, 0x28, 9])
    expect(decode(twice, readTxnRequest).compare[0]).toMatchObject({ target: 0, number: 0 })
    const other = new Uint8Array([0x0a, 6, 0x10, 1, 0x20, 5, 0x28, 9])
    expect(decode(other, readTxnRequest).compare[0]).toMatchObject({ target: 1, number: 9 })
  })
})

describe('an operation of a transaction', () => {
  const op = (...fields: number[]) =>
    decode(new Uint8Array([0x12, fields.length, ...fields]), readTxnRequest).success[0]!

  test('is the last member of the oneof that was set, without what an earlier one held', () => {
    // put{key: 'k'}, then range{rangeEnd: 'e'}, then put{value: 'v'}
    const last = op(0x12, 3, 0x0a, 1, 107, 0x0a, 3, 0x12, 1, 101, 0x12, 3, 0x12, 1, 118)
    expect(last).toMatchObject({ kind: 'put', put: { key: none, value: new Uint8Array([118]) } })
  })

  test('is merged when the same member is set twice', () => {
    const merged = op(0x12, 3, 0x0a, 1, 107, 0x12, 3, 0x12, 1, 118)
    expect(merged).toMatchObject({
      kind: 'put',
      put: { key: new Uint8Array([107]), value: new Uint8Array([118]) },
    })
  })

  test('of a kind that is not known is none', () => {
    expect(op(0x2a, 0)).toEqual({ kind: 'none' })
  })
})

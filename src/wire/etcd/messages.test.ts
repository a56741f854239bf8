/**
 * Every message against a second implementation (protobuf-es), for random contents: our bytes are its
 * bytes, and what we read from its bytes is what it wrote. Its schema is parsed from `testdata/etcd.proto`.
 */
import { readFileSync } from 'node:fs'
import {
  create,
  createFileRegistry,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf'
import {
  type DescriptorProtoSchema,
  type EnumDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes } from '../../core/bytes.ts'
import {
  type Member,
  readMemberListRequest,
  readMemberListResponse,
  writeMemberListRequest,
  writeMemberListResponse,
} from './cluster.ts'
import {
  readCompactionRequest,
  readCompactionResponse,
  writeCompactionRequest,
  writeCompactionResponse,
} from './compaction.ts'
import type { Compare } from './compare.ts'
import {
  type DeleteRangeResponse,
  readDeleteRangeRequest,
  readDeleteRangeResponse,
  writeDeleteRangeRequest,
  writeDeleteRangeResponse,
} from './delete-range.ts'
import { NO_HEADER, type ResponseHeader, type ResponseHeaderParts, responseIdentity } from './header.ts'
import type { KeyValue } from './key-value.ts'
import {
  readHashKvRequest,
  readHashKvResponse,
  readStatusResponse,
  writeHashKvRequest,
  writeHashKvResponse,
  writeStatusResponse,
} from './maintenance.ts'
import { decode, type ProtobufReader } from './protobuf-reader.ts'
import { encode, type ProtobufWriter } from './protobuf-writer.ts'
import {
  type PutResponse,
  readPutRequest,
  readPutResponse,
  writePutRequest,
  writePutResponse,
} from './put.ts'
import {
  type RangeRequest,
  type RangeResponse,
  readRangeRequest,
  readRangeResponse,
  writeRangeRequest,
  writeRangeResponse,
} from './range.ts'
import { type RequestOp, readTxnRequest, type TxnRequest, writeTxnRequest } from './txn-request.ts'
import {
  type OperationOutcome,
  type ResponseOp,
  readTxnResponse,
  type TxnOutcome,
  type TxnResponse,
  writeTxnResponse,
} from './txn-response.ts'

// --- The oracle ---

const SCALARS: Record<string, Type> = {
  bytes: Type.BYTES,
  string: Type.STRING,
  bool: Type.BOOL,
  int64: Type.INT64,
  uint64: Type.UINT64,
  uint32: Type.UINT32,
}

/** Enough of the proto3 grammar for the file beside this one. */
function parseSchema(text: string) {
  const messageType: MessageInitShape<typeof DescriptorProtoSchema>[] = []
  const enumType: MessageInitShape<typeof EnumDescriptorProtoSchema>[] = []
  const enums = new Set([...text.matchAll(/^enum (\w+)/gm)].map(match => match[1]!))
  for (const [, kind, name, body] of text.matchAll(/^(message|enum) (\w+) \{\n(.*?)^\}$/gms)) {
    if (kind === 'enum') {
      const value = [...body!.matchAll(/(\w+) = (\d+);/g)].map(([, name, number]) => ({
        name: name!,
        number: Number(number),
      }))
      enumType.push({ name: name!, value })
      continue
    }
    const oneof = /oneof (\w+) \{(.*?)\}/s.exec(body!)
    const field = [...body!.matchAll(/(repeated )?(\w+) (\w+) = (\d+);/g)].map(match => {
      const [, repeated, type, name, number] = match
      const inOneof =
        oneof !== null && match.index > oneof.index && match.index < oneof.index + oneof[0].length
      return {
        name: name!,
        number: Number(number),
        label: repeated ? Label.REPEATED : Label.OPTIONAL,
        type: SCALARS[type!] ?? (enums.has(type!) ? Type.ENUM : Type.MESSAGE),
        ...(type! in SCALARS ? {} : { typeName: `.etcd.${type}` }),
        ...(inOneof ? { oneofIndex: 0 } : {}),
      }
    })
    messageType.push({ name: name!, field, oneofDecl: oneof === null ? [] : [{ name: oneof[1]! }] })
  }
  return create(FileDescriptorProtoSchema, {
    name: 'etcd.proto',
    package: 'etcd',
    syntax: 'proto3',
    messageType,
    enumType,
  })
}

const schema = readFileSync(new URL('./testdata/etcd.proto', import.meta.url), 'utf8')
const registry = createFileRegistry(parseSchema(schema), () => undefined)

function oracle(name: string): DescMessage {
  const message = registry.getMessage(`etcd.${name}`)
  if (message === undefined) throw new Error(`no message ${name} in etcd.proto`)
  return message
}

const oracleBytes = (name: string, init: object) =>
  toBinary(oracle(name), create(oracle(name), init as Record<string, unknown>))

/** What the oracle makes of bytes, as the bytes that it would write itself. */
function oracleRewrite(name: string, bytes: Uint8Array): Uint8Array {
  const read = fromBinary(oracle(name), bytes)
  return toBinary(oracle(name), read, { writeUnknownFields: false })
}

// --- Random messages, and how the oracle spells them ---

const bytes = fc.oneof(fc.uint8Array({ maxLength: 6 }), fc.uint8Array({ minLength: 120, maxLength: 300 }))
const int64 = fc.oneof(
  fc.constantFrom(0, 1, -1, 127, 128, 2 ** 31, 2 ** 32, 2 ** 35 - 1, Number.MAX_SAFE_INTEGER),
  fc.maxSafeInteger(),
)
const natural = int64.map(Math.abs)
const uint64 = fc.oneof(fc.constantFrom(0n, 1n, 2n ** 53n, 2n ** 64n - 1n), fc.bigInt(0n, 2n ** 64n - 1n))
const lease = fc.oneof(
  fc.constantFrom(0n, 1n, 2n ** 53n, 2n ** 53n - 1n, 2n ** 56n, 2n ** 63n - 1n, -1n, -(2n ** 63n)),
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
)
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom('', 'http://127.0.0.1:2380'),
)

const keyValue: fc.Arbitrary<KeyValue> = fc.record({
  key: bytes,
  createRevision: natural,
  modRevision: natural,
  version: natural,
  value: bytes,
  lease,
})
const header: fc.Arbitrary<ResponseHeader> = fc.record({
  clusterId: uint64,
  memberId: uint64,
  revision: natural,
  raftTerm: natural,
})
const range: fc.Arbitrary<RangeRequest> = fc.record({
  key: bytes,
  rangeEnd: bytes,
  limit: int64,
  revision: int64,
  sortOrder: fc.nat(2),
  sortTarget: fc.nat(4),
  serializable: fc.boolean(),
  keysOnly: fc.boolean(),
  countOnly: fc.boolean(),
  minModRevision: int64,
  maxModRevision: int64,
  minCreateRevision: int64,
  maxCreateRevision: int64,
})
const put = fc.record({
  key: bytes,
  value: bytes,
  lease,
  prevKv: fc.boolean(),
  ignoreValue: fc.boolean(),
  ignoreLease: fc.boolean(),
})
const deleteRange = fc.record({ key: bytes, rangeEnd: bytes, prevKv: fc.boolean() })
const none = new Uint8Array(0)
const compare: fc.Arbitrary<Compare> = fc
  .record({
    result: fc.nat(3),
    target: fc.nat(4),
    key: bytes,
    rangeEnd: bytes,
    number: int64,
    value: bytes,
    lease,
  })
  .map(all => ({
    ...all,
    number: all.target < 3 ? all.number : 0,
    value: all.target === 3 ? all.value : none,
    lease: all.target === 4 ? all.lease : 0n,
  }))

const { txn } = fc.letrec<{ txn: TxnRequest; op: RequestOp }>(tie => ({
  op: fc.oneof(
    { maxDepth: 3 },
    fc.constant<RequestOp>({ kind: 'none' }),
    range.map(range => ({ kind: 'range' as const, range })),
    put.map(put => ({ kind: 'put' as const, put })),
    deleteRange.map(deleteRange => ({ kind: 'deleteRange' as const, deleteRange })),
    tie('txn').map(txn => ({ kind: 'txn' as const, txn })),
  ),
  txn: fc.record({
    compare: fc.array(compare, { maxLength: 3 }),
    success: fc.array(tie('op'), { maxLength: 3 }),
    failure: fc.array(tie('op'), { maxLength: 2 }),
  }),
}))

const kvs = fc.array(keyValue, { maxLength: 4 })
const rangeResponse: fc.Arbitrary<RangeResponse> = fc.record({
  header,
  kvs,
  more: fc.boolean(),
  count: natural,
})
const putResponse: fc.Arbitrary<PutResponse> = fc.record({
  header,
  prevKv: fc.option(keyValue, { nil: undefined }),
})
const deleteResponse: fc.Arbitrary<DeleteRangeResponse> = fc.record({
  header,
  deleted: natural,
  prevKvs: kvs,
})
const inner = <T extends { header: ResponseHeader }>(arbitrary: fc.Arbitrary<T>) =>
  arbitrary.map(response => ({ ...response, header: { ...NO_HEADER, revision: response.header.revision } }))

const { txnResponse } = fc.letrec<{ txnResponse: TxnResponse; op: ResponseOp }>(tie => ({
  op: fc.oneof(
    { maxDepth: 3 },
    inner(rangeResponse).map(range => ({ kind: 'range' as const, range })),
    inner(putResponse).map(put => ({ kind: 'put' as const, put })),
    inner(deleteResponse).map(deleteRange => ({ kind: 'deleteRange' as const, deleteRange })),
    inner(tie('txnResponse')).map(txn => ({ kind: 'txn' as const, txn })),
  ),
  txnResponse: fc.record({
    header,
    succeeded: fc.boolean(),
    responses: fc.array(tie('op'), { maxLength: 3 }),
  }),
}))

const big = (value: number) => BigInt(value)

const kvInit = (kv: KeyValue) => ({
  ...kv,
  createRevision: big(kv.createRevision),
  modRevision: big(kv.modRevision),
  version: big(kv.version),
})
const headerInit = (header: ResponseHeader) => ({
  ...header,
  revision: big(header.revision),
  raftTerm: big(header.raftTerm),
})
const rangeInit = (request: RangeRequest) => ({
  ...request,
  limit: big(request.limit),
  revision: big(request.revision),
  minModRevision: big(request.minModRevision),
  maxModRevision: big(request.maxModRevision),
  minCreateRevision: big(request.minCreateRevision),
  maxCreateRevision: big(request.maxCreateRevision),
})
const TARGETS = ['version', 'createRevision', 'modRevision', 'value', 'lease'] as const
const compareInit = ({ result, target, key, rangeEnd, number, value, lease }: Compare) => ({
  result,
  target,
  key,
  rangeEnd,
  targetUnion: { case: TARGETS[target], value: target < 3 ? big(number) : target === 3 ? value : lease },
})
const txnInit = (request: TxnRequest): object => ({
  compare: request.compare.map(compareInit),
  success: request.success.map(opInit),
  failure: request.failure.map(opInit),
})
function opInit(op: RequestOp): object {
  switch (op.kind) {
    case 'range':
      return { request: { case: 'requestRange', value: rangeInit(op.range) } }
    case 'put':
      return { request: { case: 'requestPut', value: op.put } }
    case 'deleteRange':
      return { request: { case: 'requestDeleteRange', value: op.deleteRange } }
    case 'txn':
      return { request: { case: 'requestTxn', value: txnInit(op.txn) } }
    case 'none':
      return {}
  }
}
const rangeResponseInit = (response: RangeResponse) => ({
  ...response,
  header: headerInit(response.header),
  kvs: response.kvs.map(kvInit),
  count: big(response.count),
})
const putResponseInit = ({ header, prevKv }: PutResponse) => ({
  header: headerInit(header),
  ...(prevKv === undefined ? {} : { prevKv: kvInit(prevKv) }),
})
const deleteResponseInit = (response: DeleteRangeResponse) => ({
  header: headerInit(response.header),
  deleted: big(response.deleted),
  prevKvs: response.prevKvs.map(kvInit),
})
const txnResponseInit = (response: TxnResponse): object => ({
  header: headerInit(response.header),
  succeeded: response.succeeded,
  responses: response.responses.map(response => ({ response: responseOpInit(response) })),
})
function responseOpInit(op: ResponseOp): object {
  switch (op.kind) {
    case 'range':
      return { case: 'responseRange', value: rangeResponseInit(op.range) }
    case 'put':
      return { case: 'responsePut', value: putResponseInit(op.put) }
    case 'deleteRange':
      return { case: 'responseDeleteRange', value: deleteResponseInit(op.deleteRange) }
    case 'txn':
      return { case: 'responseTxn', value: txnResponseInit(op.txn) }
    case 'none':
      throw new Error('a server answers every operation')
  }
}

// --- Responses are written from outcomes; a response that was read holds one ---

const parts = (header: ResponseHeader): ResponseHeaderParts => ({
  identity: responseIdentity(header.clusterId, header.memberId),
  revision: header.revision,
  raftTerm: header.raftTerm,
})
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

interface Case<M> {
  readonly name: string
  readonly arbitrary: fc.Arbitrary<M>
  readonly init: (message: M) => object
  readonly write: (to: ProtobufWriter, message: M) => void
  readonly read: (from: ProtobufReader) => M
}

/** Hides the type parameter, so that one list holds them all. */
function messageCase<M>({ name, arbitrary, init, write, read }: Case<M>) {
  return {
    name,
    read: (bytes: Uint8Array) => decode(bytes, read),
    rewrite: (bytes: Uint8Array) => encode(decode(bytes, read), write),
    samples: arbitrary.map(message => ({
      message: message as unknown,
      ours: () => encode(message, write),
      theirs: () => oracleBytes(name, init(message)),
    })),
  }
}

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
    write: (to, { header }) => writeCompactionResponse(to, parts(header)),
    read: from => readCompactionResponse(from),
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

describe.each(CASES)('$name', ({ name, samples, read, rewrite }) => {
  test('is written as the second implementation writes it, and read back from it', () => {
    fc.assert(
      fc.property(samples, ({ message, ours, theirs }) => {
        expect(ours()).toEqual(theirs())
        expect(read(theirs())).toEqual(message)
      }),
      { numRuns: 50 },
    )
  })

  test('is merged as the second implementation merges it when fields come twice', () => {
    fc.assert(
      fc.property(samples, samples, (first, second) => {
        const twice = concatBytes([first.theirs(), second.theirs()])
        expect(rewrite(twice)).toEqual(oracleRewrite(name, twice))
      }),
      { numRuns: 50 },
    )
  })
})

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

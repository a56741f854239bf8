/** Random messages of the etcd API, and how the oracle spells them. */
import fc from 'fast-check'
import type { Compare } from './compare.ts'
import type { DeleteRangeResponse } from './delete-range.ts'
import { NO_HEADER, type ResponseHeader } from './header.ts'
import type { KeyValue } from './key-value.ts'
import type { PutResponse } from './put.ts'
import type { RangeRequest, RangeResponse } from './range.ts'
import type { RequestOp, TxnRequest } from './txn-request.ts'
import type { ResponseOp, TxnResponse } from './txn-response.ts'

export const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 6 }),
  fc.uint8Array({ minLength: 120, maxLength: 300 }),
)
export const int64 = fc.oneof(
  fc.constantFrom(0, 1, -1, 127, 128, 2 ** 31, 2 ** 32, 2 ** 35 - 1, Number.MAX_SAFE_INTEGER),
  fc.maxSafeInteger(),
)
export const natural = int64.map(Math.abs)
export const uint64 = fc.oneof(
  fc.constantFrom(0n, 1n, 2n ** 53n, 2n ** 64n - 1n),
  fc.bigInt(0n, 2n ** 64n - 1n),
)
export const lease = fc.oneof(
  fc.constantFrom(0n, 1n, 2n ** 53n, 2n ** 53n - 1n, 2n ** 56n, 2n ** 63n - 1n, -1n, -(2n ** 63n)),
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
)
export const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom('', 'http://127.0.0.1:2380'),
)

export const keyValue: fc.Arbitrary<KeyValue> = fc.record({
  key: bytes,
  createRevision: natural,
  modRevision: natural,
  version: natural,
  value: bytes,
  lease,
})
export const header: fc.Arbitrary<ResponseHeader> = fc.record({
  clusterId: uint64,
  memberId: uint64,
  revision: natural,
  raftTerm: natural,
})
export const range: fc.Arbitrary<RangeRequest> = fc.record({
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
export const put = fc.record({
  key: bytes,
  value: bytes,
  lease,
  prevKv: fc.boolean(),
  ignoreValue: fc.boolean(),
  ignoreLease: fc.boolean(),
})
export const deleteRange = fc.record({ key: bytes, rangeEnd: bytes, prevKv: fc.boolean() })
export const none = new Uint8Array(0)
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

export const { txn } = fc.letrec<{ txn: TxnRequest; op: RequestOp }>(tie => ({
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
export const rangeResponse: fc.Arbitrary<RangeResponse> = fc.record({
  header,
  kvs,
  more: fc.boolean(),
  count: natural,
})
export const putResponse: fc.Arbitrary<PutResponse> = fc.record({
  header,
  prevKv: fc.option(keyValue, { nil: undefined }),
})
export const deleteResponse: fc.Arbitrary<DeleteRangeResponse> = fc.record({
  header,
  deleted: natural,
  prevKvs: kvs,
})
const inner = <T extends { header: ResponseHeader }>(arbitrary: fc.Arbitrary<T>) =>
  arbitrary.map(response => ({ ...response, header: { ...NO_HEADER, revision: response.header.revision } }))

export const { txnResponse } = fc.letrec<{ txnResponse: TxnResponse; op: ResponseOp }>(tie => ({
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

export const big = (value: number) => BigInt(value)

export const kvInit = (kv: KeyValue) => ({
  ...kv,
  createRevision: big(kv.createRevision),
  modRevision: big(kv.modRevision),
  version: big(kv.version),
})
export const headerInit = (header: ResponseHeader) => ({
  ...header,
  revision: big(header.revision),
  raftTerm: big(header.raftTerm),
})
export const rangeInit = (request: RangeRequest) => ({
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
export const txnInit = (request: TxnRequest): object => ({
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
export const rangeResponseInit = (response: RangeResponse) => ({
  ...response,
  header: headerInit(response.header),
  kvs: response.kvs.map(kvInit),
  count: big(response.count),
})
export const putResponseInit = ({ header, prevKv }: PutResponse) => ({
  header: headerInit(header),
  ...(prevKv === undefined ? {} : { prevKv: kvInit(prevKv) }),
})
export const deleteResponseInit = (response: DeleteRangeResponse) => ({
  header: headerInit(response.header),
  deleted: big(response.deleted),
  prevKvs: response.prevKvs.map(kvInit),
})
export const txnResponseInit = (response: TxnResponse): object => ({
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

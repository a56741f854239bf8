/** Histories as lines of JSON, an operation a line: for saving a run, and for reading what somebody else saved. */
import type {
  Compare,
  DeleteRangeRequest,
  DeleteRangeResponse,
  HeaderResponse,
  KeyValue,
  LeaseRevokeRequest,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  RequestOp,
  ResponseHeader,
  ResponseOp,
  StoreHistory,
  StoreOperation,
  StoreOutcome,
  StoreRefusal,
  StoreRequest,
  StoreResponse,
  TxnRequest,
  TxnResponse,
} from './history.ts'
import {
  decodeLine,
  encodeLine,
  type JsonCodec,
  jsonBigInt,
  jsonBytes,
  jsonFlag,
  jsonLater,
  jsonList,
  jsonNumber,
  jsonOptional,
  jsonRecord,
  jsonUnion,
  jsonWord,
} from './json-codec.ts'

export function encodeHistory(history: StoreHistory): string {
  return history.map(operation => `${encodeLine(OPERATION, operation)}\n`).join('')
}

/** Throws `DecodeError` for what `encodeHistory` cannot have written. */
export function decodeHistory(text: string): StoreOperation[] {
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => decodeLine(OPERATION, line))
}

/** For other records that carry headers and pairs. */
export const jsonHeader = jsonRecord<ResponseHeader>({
  clusterId: jsonBigInt,
  memberId: jsonBigInt,
  revision: jsonNumber,
  raftTerm: jsonNumber,
})

export const jsonKeyValue = jsonRecord<KeyValue>({
  key: jsonBytes,
  value: jsonBytes,
  createRevision: jsonNumber,
  modRevision: jsonNumber,
  version: jsonNumber,
  lease: jsonBigInt,
})

const RANGE = jsonRecord<RangeRequest>({
  key: jsonBytes,
  rangeEnd: jsonBytes,
  limit: jsonNumber,
  revision: jsonNumber,
  sortOrder: jsonNumber,
  sortTarget: jsonNumber,
  serializable: jsonFlag,
  keysOnly: jsonFlag,
  countOnly: jsonFlag,
  minModRevision: jsonNumber,
  maxModRevision: jsonNumber,
  minCreateRevision: jsonNumber,
  maxCreateRevision: jsonNumber,
})

const PUT = jsonRecord<PutRequest>({
  key: jsonBytes,
  value: jsonBytes,
  lease: jsonBigInt,
  prevKv: jsonFlag,
  ignoreValue: jsonFlag,
  ignoreLease: jsonFlag,
})

const DELETE_RANGE = jsonRecord<DeleteRangeRequest>({ key: jsonBytes, rangeEnd: jsonBytes, prevKv: jsonFlag })

const COMPARE = jsonRecord<Compare>({
  result: jsonNumber,
  target: jsonNumber,
  key: jsonBytes,
  rangeEnd: jsonBytes,
  number: jsonNumber,
  value: jsonBytes,
  lease: jsonBigInt,
})

/** Transactions nest, so that what they are made of is looked up when it is needed. */
const NESTED_REQUEST: JsonCodec<TxnRequest> = jsonLater(() => TXN)
const NESTED_RESPONSE: JsonCodec<TxnResponse> = jsonLater(() => TXN_RESPONSE)

const REQUEST_OP = jsonUnion<RequestOp>({
  range: RANGE,
  put: PUT,
  deleteRange: DELETE_RANGE,
  txn: NESTED_REQUEST,
  none: null,
})

const TXN: JsonCodec<TxnRequest> = jsonRecord<TxnRequest>({
  compare: jsonList(COMPARE),
  success: jsonList(REQUEST_OP),
  failure: jsonList(REQUEST_OP),
})

/** For plans of what will be asked. */
export const jsonStoreRequest: JsonCodec<StoreRequest> = jsonUnion<StoreRequest>({
  range: RANGE,
  put: PUT,
  deleteRange: DELETE_RANGE,
  txn: TXN,
  compact: jsonRecord({ revision: jsonNumber, physical: jsonFlag }),
  leaseRevoke: jsonRecord<LeaseRevokeRequest>({ id: jsonBigInt }),
})

const RANGE_RESPONSE = jsonRecord<RangeResponse>({
  header: jsonHeader,
  kvs: jsonList(jsonKeyValue),
  more: jsonFlag,
  count: jsonNumber,
})

const PUT_RESPONSE = jsonRecord<PutResponse>({ header: jsonHeader, prevKv: jsonOptional(jsonKeyValue) })

const DELETE_RANGE_RESPONSE = jsonRecord<DeleteRangeResponse>({
  header: jsonHeader,
  deleted: jsonNumber,
  prevKvs: jsonList(jsonKeyValue),
})

const RESPONSE_OP = jsonUnion<ResponseOp>({
  range: RANGE_RESPONSE,
  put: PUT_RESPONSE,
  deleteRange: DELETE_RANGE_RESPONSE,
  txn: NESTED_RESPONSE,
  none: null,
})

const TXN_RESPONSE: JsonCodec<TxnResponse> = jsonRecord<TxnResponse>({
  header: jsonHeader,
  succeeded: jsonFlag,
  responses: jsonList(RESPONSE_OP),
})

const HEADER_ALONE = jsonRecord<HeaderResponse>({ header: jsonHeader })

const RESPONSE = jsonUnion<StoreResponse>({
  range: RANGE_RESPONSE,
  put: PUT_RESPONSE,
  deleteRange: DELETE_RANGE_RESPONSE,
  txn: TXN_RESPONSE,
  compact: HEADER_ALONE,
  leaseRevoke: HEADER_ALONE,
})

const REASON = jsonWord<StoreRefusal>([
  'compacted',
  'futureRevision',
  'keyNotFound',
  'leaseNotFound',
  'permissionDenied',
  'notServed',
])

/** `"unknown"`, `{"refused": "compacted"}` or `{"done": {"put": ...}}`; for other records of requests, too. */
export const jsonStoreOutcome: JsonCodec<StoreOutcome> = {
  encode(outcome) {
    if (outcome.kind === 'unknown') return outcome.kind
    if (outcome.kind === 'refused') return { refused: outcome.reason }
    return { done: RESPONSE.encode(outcome.response)! }
  },
  decode(json, path) {
    if (json === 'unknown') return { kind: 'unknown' }
    const { refused, done } = PARTS.decode(json, path)
    if (refused !== undefined) return { kind: 'refused', reason: refused }
    return { kind: 'done', response: done ?? RESPONSE.decode(undefined, `${path}.done`) }
  },
}

const PARTS = jsonRecord<{ refused: StoreRefusal | undefined; done: StoreResponse | undefined }>({
  refused: jsonOptional(REASON),
  done: jsonOptional(RESPONSE),
})

const FIELDS = jsonRecord<Required<Omit<StoreOperation, 'returnedAt'>> & { returnedAt: number | undefined }>({
  id: jsonNumber,
  client: jsonNumber,
  calledAt: jsonNumber,
  returnedAt: jsonOptional(jsonNumber),
  request: jsonStoreRequest,
  outcome: jsonStoreOutcome,
})

const OPERATION: JsonCodec<StoreOperation> = {
  encode: ({ returnedAt, ...operation }) => FIELDS.encode({ ...operation, returnedAt }),
  decode(json, path) {
    const { returnedAt, ...operation } = FIELDS.decode(json, path)
    const { request, outcome } = operation
    // Whoever reads it relies on answers that fit.
    if (outcome.kind === 'done' && outcome.response.kind !== request.kind) {
      FITTING.decode(outcome.response.kind, `${path}.outcome`)
    }
    return returnedAt === undefined ? operation : { ...operation, returnedAt }
  },
}

const FITTING = jsonWord(['an answer of the kind of the request'])

/**
 * What one message of the etcd API costs, in microseconds: `npx tsx bench/etcd-codec.ts`. Best of several
 * rounds, because other processes only ever add time.
 */

import { responseIdentity } from '../src/wire/etcd/header.ts'
import { decode } from '../src/wire/etcd/protobuf-reader.ts'
import { encode, ProtobufWriter } from '../src/wire/etcd/protobuf-writer.ts'
import { PUT_DEFAULTS, readPutRequest, writePutRequest, writePutResponse } from '../src/wire/etcd/put.ts'
import {
  RANGE_DEFAULTS,
  readRangeRequest,
  writeRangeRequest,
  writeRangeResponse,
} from '../src/wire/etcd/range.ts'
import { type RequestOp, readTxnRequest, writeTxnRequest } from '../src/wire/etcd/txn-request.ts'
import { writeTxnResponse } from '../src/wire/etcd/txn-response.ts'

const ROUNDS = 15
const PER_ROUND = 100_000

let sink = 0

function measure(name: string, targetUs: number | undefined, run: () => number): void {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now()
    for (let i = 0; i < PER_ROUND; i++) sink += run()
    best = Math.min(best, (performance.now() - start) / PER_ROUND)
  }
  const target = targetUs === undefined ? '' : `  (target < ${targetUs})`
  console.log(`${name.padEnd(34)} ${(best * 1000).toFixed(3)} us${target}`)
}

const key = new Uint8Array(24).fill(107)
const value = new Uint8Array(256).fill(118)
const end = new Uint8Array(24).fill(108)
const lease = 0x694d8f5b1c2e3f01n

const put = encode({ ...PUT_DEFAULTS, key, value }, writePutRequest)
const putWithLease = encode({ ...PUT_DEFAULTS, key, value, lease }, writePutRequest)
const range = encode(
  { ...RANGE_DEFAULTS, key, rangeEnd: end, limit: 500, revision: 123_456 },
  writeRangeRequest,
)
const operation: RequestOp = { kind: 'put', put: { ...PUT_DEFAULTS, key, value } }
const compare = { result: 0, target: 2, key, rangeEnd: new Uint8Array(0), number: 77, value: end, lease: 0n }
const txn = encode(
  {
    compare: [compare],
    success: [operation],
    failure: [{ kind: 'range', range: { ...RANGE_DEFAULTS, key } }],
  },
  writeTxnRequest,
)

const header = {
  identity: responseIdentity(0xcdf818194e3a8c32n, 0x8e9e05c52164694dn),
  revision: 1_234_567,
  raftTerm: 7,
}
const kv = { key, createRevision: 12, modRevision: 1_234_567, version: 4, value, lease: 0n }
const kvWithLease = { ...kv, lease }
const to = new ProtobufWriter()

function writing(write: () => void): () => number {
  return () => {
    to.reset()
    write()
    return to.length
  }
}

measure('put request, decode', 0.7, () => decode(put, readPutRequest).key.length)
measure('put request with lease, decode', undefined, () => decode(putWithLease, readPutRequest).key.length)
measure('range request, decode', undefined, () => decode(range, readRangeRequest).limit)
measure('txn request (k8s update), decode', undefined, () => decode(txn, readTxnRequest).compare.length)
measure(
  'put response, encode',
  0.5,
  writing(() => writePutResponse(to, header, { revision: 1, prevKv: undefined })),
)
measure(
  'put response with prev, encode',
  undefined,
  writing(() => writePutResponse(to, header, { revision: 1, prevKv: kv })),
)
measure(
  'range response of 1, encode',
  undefined,
  writing(() => writeRangeResponse(to, header, { revision: 1, kvs: [kv], more: false, count: 1 })),
)
measure(
  'range response of 1, lease, encode',
  undefined,
  writing(() => writeRangeResponse(to, header, { revision: 1, kvs: [kvWithLease], more: false, count: 1 })),
)
measure(
  'txn response of 1 put, encode',
  undefined,
  writing(() =>
    writeTxnResponse(to, header, {
      revision: 1,
      succeeded: true,
      responses: [{ kind: 'put', put: { revision: 1, prevKv: undefined } }],
    }),
  ),
)
if (sink === 0) console.log('nothing was measured')

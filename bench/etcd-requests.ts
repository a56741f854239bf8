/** The requests that the benches send, and how their answers are checked. */
import { equalBytes } from '../src/core/bytes.ts'
import { decode } from '../src/wire/etcd/protobuf-reader.ts'
import { encode } from '../src/wire/etcd/protobuf-writer.ts'
import { PUT_DEFAULTS, readPutResponse, writePutRequest } from '../src/wire/etcd/put.ts'
import { RANGE_DEFAULTS, readRangeResponse, writeRangeRequest } from '../src/wire/etcd/range.ts'

export const PUT = '/etcdserverpb.KV/Put'
export const RANGE = '/etcdserverpb.KV/Range'

/** Sixteen bytes: `key-` and twelve digits. */
export function keyFor(number: number): Uint8Array {
  return Buffer.from(`key-${String(number).padStart(12, '0')}`)
}

/** 256 bytes that can be told from those of every other key. */
export function valueFor(number: number): Uint8Array {
  return Buffer.from(`value-${number}-`.padEnd(256, '.'))
}

export function putOf(number: number): Uint8Array {
  return encode({ ...PUT_DEFAULTS, key: keyFor(number), value: valueFor(number) }, writePutRequest)
}

export function rangeOf(number: number): Uint8Array {
  return encode({ ...RANGE_DEFAULTS, key: keyFor(number) }, writeRangeRequest)
}

export function checkPut(response: Uint8Array): void {
  if (decode(response, readPutResponse).header.revision < 2) throw new Error('a put without a revision')
}

/** The key was written by `putOf(number)`. */
export function checkRange(response: Uint8Array, number: number): void {
  const { kvs } = decode(response, readRangeResponse)
  if (kvs.length !== 1 || !equalBytes(kvs[0]!.value, valueFor(number)))
    throw new Error(`key ${number} is wrong`)
}

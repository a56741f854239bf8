/** Requests from text, as programs write them. */
import { EMPTY } from '../../core/bytes.ts'
import { utf8Bytes, utf8Text } from '../../core/utf8.ts'
import { PUT_DEFAULTS } from '../../wire/etcd/put.ts'
import { RANGE_DEFAULTS } from '../../wire/etcd/range.ts'
import type { Compare, KeyValue, RequestOp, StoreRequest, TxnResponse } from '../checkers/history.ts'

/** Of comparisons, as in the API. */
const EQUAL = 0
const VERSION = 0
const MOD_REVISION = 2

const FROM_FIRST_TO_LAST = new Uint8Array([0])

/** The span of everything in the store, as the API writes it. */
export const ALL_KEYS = { key: FROM_FIRST_TO_LAST, rangeEnd: FROM_FIRST_TO_LAST }

export function readOf(key: string): Extract<RequestOp, { kind: 'range' }> {
  return { kind: 'range', range: { ...RANGE_DEFAULTS, key: utf8Bytes(key) } }
}

export function putOf(key: string, value: string): Extract<RequestOp, { kind: 'put' }> {
  return { kind: 'put', put: { ...PUT_DEFAULTS, key: utf8Bytes(key), value: utf8Bytes(value) } }
}

export function deleteOf(key: string): RequestOp {
  return { kind: 'deleteRange', deleteRange: { key: utf8Bytes(key), rangeEnd: EMPTY, prevKv: false } }
}

/** Holds if nobody has written the key since it was read so; 0: if it does not exist. */
export function unchanged(key: string, modRevision: number): Compare {
  return comparison(key, MOD_REVISION, modRevision)
}

/** Holds if the key was put so many times since it was created; 0: if it does not exist. */
export function versionIs(key: string, version: number): Compare {
  return comparison(key, VERSION, version)
}

function comparison(key: string, target: number, number: number): Compare {
  return { result: EQUAL, target, key: utf8Bytes(key), rangeEnd: EMPTY, number, value: EMPTY, lease: 0n }
}

export function txnOf(
  compare: readonly Compare[],
  success: readonly RequestOp[],
  failure: readonly RequestOp[] = [],
): StoreRequest & { kind: 'txn' } {
  return { kind: 'txn', txn: { compare, success, failure } }
}

/** What a transaction of nothing but single reads found, in their order; undefined: no such key. */
export function foundBy({ responses }: TxnResponse): (KeyValue | undefined)[] {
  return responses.map(each => (each.kind === 'range' ? each.range.kvs[0] : undefined))
}

/** The text of a value; empty if there is none. */
export function textIn(pair: KeyValue | undefined): string {
  return pair === undefined ? '' : utf8Text(pair.value)
}

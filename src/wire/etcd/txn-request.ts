/** `TxnRequest` and `RequestOp`: a condition, and what to do if it holds and if it does not. */
import { type Compare, readCompare, writeCompare } from './compare.ts'
import { type DeleteRangeRequest, readDeleteRangeRequest, writeDeleteRangeRequest } from './delete-range.ts'
import { TXN_ELEMENTS_MAX } from './limits.ts'
import { bytesTag, type ProtobufReader } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'
import { type PutRequest, readPutRequest, writePutRequest } from './put.ts'
import { type RangeRequest, readRangeRequest, writeRangeRequest } from './range.ts'

export interface TxnRequest {
  readonly compare: readonly Compare[]
  readonly success: readonly RequestOp[]
  readonly failure: readonly RequestOp[]
}

/** `none`: the oneof was not set, or set to what this version does not know. */
export type RequestOp =
  | { readonly kind: 'range'; readonly range: RangeRequest }
  | { readonly kind: 'put'; readonly put: PutRequest }
  | { readonly kind: 'deleteRange'; readonly deleteRange: DeleteRangeRequest }
  | { readonly kind: 'txn'; readonly txn: TxnRequest }
  | { readonly kind: 'none' }

const NO_OP: RequestOp = { kind: 'none' }

export function readTxnRequest(from: ProtobufReader, before?: TxnRequest): TxnRequest {
  // What came before was made here, so that it may be added to: copying it for every repetition of the
  // field would take quadratic time.
  const compare = (before?.compare ?? []) as Compare[]
  const success = (before?.success ?? []) as RequestOp[]
  const failure = (before?.failure ?? []) as RequestOp[]
  while (from.more()) {
    const tag = from.tag()
    switch (tag) {
      case bytesTag(1):
        from.element(TXN_ELEMENTS_MAX)
        compare.push(from.message(readCompare))
        break
      case bytesTag(2):
        from.element(TXN_ELEMENTS_MAX)
        success.push(from.message(readRequestOp))
        break
      case bytesTag(3):
        from.element(TXN_ELEMENTS_MAX)
        failure.push(from.message(readRequestOp))
        break
      default:
        from.skip(tag)
    }
  }
  return { compare, success, failure }
}

/** The last member of the oneof that was set wins; the same member set again is merged. */
function readRequestOp(from: ProtobufReader): RequestOp {
  let op = NO_OP
  while (from.more()) {
    const tag = from.tag()
    switch (tag) {
      case bytesTag(1): {
        const before = op.kind === 'range' ? op.range : undefined
        op = { kind: 'range', range: from.message(readRangeRequest, before) }
        break
      }
      case bytesTag(2): {
        const before = op.kind === 'put' ? op.put : undefined
        op = { kind: 'put', put: from.message(readPutRequest, before) }
        break
      }
      case bytesTag(3): {
        const before = op.kind === 'deleteRange' ? op.deleteRange : undefined
        op = { kind: 'deleteRange', deleteRange: from.message(readDeleteRangeRequest, before) }
        break
      }
      case bytesTag(4): {
        const before = op.kind === 'txn' ? op.txn : undefined
        op = { kind: 'txn', txn: from.message(readTxnRequest, before) }
        break
      }
      default:
        from.skip(tag)
    }
  }
  return op
}

export function writeTxnRequest(to: ProtobufWriter, request: TxnRequest): void {
  for (const compare of request.compare) writeCompare(to, 1, compare)
  for (const op of request.success) writeRequestOp(to, 2, op)
  for (const op of request.failure) writeRequestOp(to, 3, op)
}

function writeRequestOp(to: ProtobufWriter, field: number, op: RequestOp): void {
  const outer = to.begin(field)
  switch (op.kind) {
    case 'range': {
      const inner = to.begin(1)
      writeRangeRequest(to, op.range)
      to.end(inner)
      break
    }
    case 'put': {
      const inner = to.begin(2)
      writePutRequest(to, op.put)
      to.end(inner)
      break
    }
    case 'deleteRange': {
      const inner = to.begin(3)
      writeDeleteRangeRequest(to, op.deleteRange)
      to.end(inner)
      break
    }
    case 'txn': {
      const inner = to.begin(4)
      writeTxnRequest(to, op.txn)
      to.end(inner)
      break
    }
    case 'none':
      break
  }
  to.end(outer)
}

/** `TxnResponse` and `ResponseOp`: which branch was taken, and what each of its operations answered. */
import {
  type DeleteRangeOutcome,
  type DeleteRangeResponse,
  readDeleteRangeResponse,
  writeDeleteRangeOutcome,
} from './delete-range.ts'
import {
  NO_HEADER,
  type ResponseHeader,
  type ResponseHeaderParts,
  readHeader,
  writeHeader,
  writeInnerHeader,
} from './header.ts'
import { bytesTag, type ProtobufReader, varintTag } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'
import { type PutOutcome, type PutResponse, readPutResponse, writePutOutcome } from './put.ts'
import { type RangeOutcome, type RangeResponse, readRangeResponse, writeRangeOutcome } from './range.ts'

export interface TxnOutcome {
  readonly revision: number
  readonly succeeded: boolean
  readonly responses: readonly OperationOutcome[]
}

export type OperationOutcome =
  | { readonly kind: 'range'; readonly range: RangeOutcome }
  | { readonly kind: 'put'; readonly put: PutOutcome }
  | { readonly kind: 'deleteRange'; readonly deleteRange: DeleteRangeOutcome }
  | { readonly kind: 'txn'; readonly txn: TxnOutcome }

export interface TxnResponse {
  readonly header: ResponseHeader
  readonly succeeded: boolean
  readonly responses: readonly ResponseOp[]
}

export type ResponseOp =
  | { readonly kind: 'range'; readonly range: RangeResponse }
  | { readonly kind: 'put'; readonly put: PutResponse }
  | { readonly kind: 'deleteRange'; readonly deleteRange: DeleteRangeResponse }
  | { readonly kind: 'txn'; readonly txn: TxnResponse }
  | { readonly kind: 'none' }

export function writeTxnResponse(to: ProtobufWriter, header: ResponseHeaderParts, outcome: TxnOutcome): void {
  writeHeader(to, header)
  writeTxnOutcome(to, outcome)
}

function writeTxnOutcome(to: ProtobufWriter, outcome: TxnOutcome): void {
  to.bool(2, outcome.succeeded)
  for (const response of outcome.responses) writeOperationOutcome(to, response)
}

function writeOperationOutcome(to: ProtobufWriter, outcome: OperationOutcome): void {
  const outer = to.begin(3)
  switch (outcome.kind) {
    case 'range': {
      const inner = to.begin(1)
      writeInnerHeader(to, outcome.range.revision)
      writeRangeOutcome(to, outcome.range)
      to.end(inner)
      break
    }
    case 'put': {
      const inner = to.begin(2)
      writeInnerHeader(to, outcome.put.revision)
      writePutOutcome(to, outcome.put)
      to.end(inner)
      break
    }
    case 'deleteRange': {
      const inner = to.begin(3)
      writeInnerHeader(to, outcome.deleteRange.revision)
      writeDeleteRangeOutcome(to, outcome.deleteRange)
      to.end(inner)
      break
    }
    case 'txn': {
      const inner = to.begin(4)
      writeInnerHeader(to, outcome.txn.revision)
      writeTxnOutcome(to, outcome.txn)
      to.end(inner)
      break
    }
  }
  to.end(outer)
}

export function readTxnResponse(from: ProtobufReader, before?: TxnResponse): TxnResponse {
  let header = before?.header ?? NO_HEADER
  let succeeded = before?.succeeded ?? false
  // What came before was made here, so that it may be added to: copying it for every repetition of the
  // field would take quadratic time.
  const responses = (before?.responses ?? []) as ResponseOp[]
  while (from.more()) {
    const tag = from.tag()
    switch (tag) {
      case bytesTag(1):
        header = from.message(readHeader, header)
        break
      case varintTag(2):
        succeeded = from.bool()
        break
      case bytesTag(3):
        responses.push(from.message(readResponseOp))
        break
      default:
        from.skip(tag)
    }
  }
  return { header, succeeded, responses }
}

/** The last member of the oneof that was set wins; the same member set again is merged. */
function readResponseOp(from: ProtobufReader): ResponseOp {
  let op: ResponseOp = { kind: 'none' }
  while (from.more()) {
    const tag = from.tag()
    switch (tag) {
      case bytesTag(1): {
        const before: RangeResponse | undefined = op.kind === 'range' ? op.range : undefined
        op = { kind: 'range', range: from.message(readRangeResponse, before) }
        break
      }
      case bytesTag(2): {
        const before: PutResponse | undefined = op.kind === 'put' ? op.put : undefined
        op = { kind: 'put', put: from.message(readPutResponse, before) }
        break
      }
      case bytesTag(3): {
        const before: DeleteRangeResponse | undefined = op.kind === 'deleteRange' ? op.deleteRange : undefined
        op = { kind: 'deleteRange', deleteRange: from.message(readDeleteRangeResponse, before) }
        break
      }
      case bytesTag(4): {
        const before: TxnResponse | undefined = op.kind === 'txn' ? op.txn : undefined
        op = { kind: 'txn', txn: from.message(readTxnResponse, before) }
        break
      }
      default:
        from.skip(tag)
    }
  }
  return op
}
